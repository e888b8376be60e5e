package record

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGolden holds that packets of earlier versions are understood for ever.
func TestGolden(t *testing.T) {
	for name, report := range map[string]*Report{
		"empty":     {},
		"ordinary":  sampleReport(77, ordinary),
		"two-parts": sampleReport(78, size{rows: 16, counters: 4, interfaces: 4, fileSystems: 3, users: 2, disks: 1}),
	} {
		t.Run(name, func(t *testing.T) {
			sent, told := filepath.Join("testdata", name+".hex"), filepath.Join("testdata", name+".json")
			if *update {
				writeGolden(t, sent, told, report)
			}
			text, err := os.ReadFile(sent)
			if err != nil {
				t.Fatal(err)
			}
			var parts []*Packet
			for line := range bytes.Lines(text) {
				packet, err := hex.DecodeString(string(bytes.TrimSpace(line)))
				if err != nil {
					t.Fatal(err)
				}
				p, err := Decode(packet)
				if err != nil {
					t.Fatal(err)
				}
				if err := p.Verify(testKey.Public().(ed25519.PublicKey)); err != nil {
					t.Fatal(err)
				}
				parts = append(parts, p)
			}
			merged, err := Merge(parts...)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(told)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(document(t, merged))); diff != "" {
				t.Error(diff)
			}
			// JSON tells all, too.
			var back Report
			if err := json.Unmarshal(want, &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(merged, &back, exact); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func document(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

func writeGolden(t *testing.T, sent, told string, report *Report) {
	t.Helper()
	packets, err := Encode(report, testHeader, testKey)
	if err != nil {
		t.Fatal(err)
	}
	var lines []byte
	for _, p := range packets {
		lines = append(hex.AppendEncode(lines, p), '\n')
	}
	if err := os.WriteFile(sent, lines, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(told, document(t, report), 0o644); err != nil {
		t.Fatal(err)
	}
}
