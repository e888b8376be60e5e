package record

import (
	"crypto/ed25519"
	"reflect"
	"strings"
	"testing"
	"time"
)

var testKey = ed25519.NewKeyFromSeed([]byte("a key for tests, 32 bytes long .."[:32]))

var testHeader = Header{Epoch: 1790000000, Sequence: 7, Time: time.UnixMilli(1790000070123).UTC()}

// TestSizes prints what records of different hosts need, and holds that an
// ordinary one is one packet.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		name  string
		size  size
		parts int // at most
	}{
		{"status only", size{interfaces: 3, fileSystems: 3, users: 2, disks: 1}, 1},
		{"ordinary", ordinary, 1},
		{"foreign words", ordinary, 2},
		{"busy", size{rows: 20, counters: 6, interfaces: 6, fileSystems: 6, users: 6, disks: 3}, 2},
		{"container host", size{rows: 30, counters: 10, interfaces: 40, fileSystems: 20, users: 10, disks: 8}, 5},
		{"too much", size{rows: 500, counters: 100, interfaces: 200, fileSystems: 50, users: 100, disks: 40}, MaxParts},
	} {
		t.Run(c.name, func(t *testing.T) {
			most, bytes, raw, left := 0, 0, 0, uint64(0)
			const hosts = 20
			for seed := range uint64(hosts) {
				report := sampleReport(seed, c.size)
				if c.name == "foreign words" {
					foreign(reflect.ValueOf(report).Elem(), reportPlan)
				}
				packets, err := Encode(report, testHeader, testKey)
				if err != nil {
					t.Fatal(err)
				}
				most = max(most, len(packets))
				raw += len(appendReport(nil, report))
				for _, p := range packets {
					if len(p) > MaxPacket {
						t.Errorf("packet of %d bytes", len(p))
					}
					bytes += len(p)
				}
				last, err := Decode(packets[len(packets)-1])
				if err != nil {
					t.Fatal(err)
				}
				left += last.Report.LeftOut.Rows
			}
			t.Logf("up to %d parts, %d bytes signed and packed, payload %d raw; %d drop rows left out", most, bytes/hosts, raw/hosts, left/hosts)
			if most > c.parts {
				t.Errorf("needs %d parts, expected %d", most, c.parts)
			}
		})
	}
}

// foreign makes all words such that none is in the dictionary, which was made
// of other samples of the same maker.
func foreign(v reflect.Value, p *plan) {
	for i := range p.fields {
		f := &p.fields[i]
		to := v.Field(f.index)
		if f.optional {
			if to = to.Elem(); !to.IsValid() {
				continue
			}
		}
		switch f.kind {
		case kindText:
			to.SetString(strings.Map(func(r rune) rune {
				switch {
				case 'a' <= r && r <= 'z':
					return 'a' + (r-'a'+13)%26
				case 'A' <= r && r <= 'Z':
					return 'A' + (r-'A'+13)%26
				}
				return r
			}, to.String()))
		case kindStruct:
			foreign(to, f.of)
		case kindList:
			for i := range to.Len() {
				foreign(to.Index(i), f.of)
			}
		}
	}
}
