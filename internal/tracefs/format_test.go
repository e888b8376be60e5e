package tracefs

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fixture reads what a kernel told: that of 6.18 is captured, those of 5.16 and
// 6.1 are written by hand after the field lists of these kernels.
func fixture(t testing.TB, kernel, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", kernel, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func formatOf(t testing.TB, kernel string) format {
	t.Helper()
	f, err := parseFormat(fixture(t, kernel, "format"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFormat(t *testing.T) {
	for kernel, want := range map[string]format{
		"5.16": {id: 1481, kind: field{0, 2}, location: field{16, 8}, protocol: field{24, 2}, length: 26},
		"6.1":  {id: 1573, kind: field{0, 2}, location: field{16, 8}, protocol: field{24, 2}, reason: field{28, 4}, length: 32},
		"6.18": {id: 2310, kind: field{0, 2}, location: field{16, 8}, protocol: field{32, 2}, reason: field{36, 4}, length: 40},
	} {
		if diff := cmp.Diff(want, formatOf(t, kernel), cmp.AllowUnexported(format{}, field{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", kernel, diff)
		}
	}
}

// put writes a field of a record.
func put(record []byte, f field, value uint64) {
	var raw [8]byte
	switch f.size {
	case 1:
		raw[0] = byte(value)
	case 2:
		binary.NativeEndian.PutUint16(raw[:], uint16(value))
	case 4:
		binary.NativeEndian.PutUint32(raw[:], uint32(value))
	case 8:
		binary.NativeEndian.PutUint64(raw[:], value)
	}
	copy(record[f.offset:], raw[:f.size])
}

// recordOf makes a record of the tracepoint.
func recordOf(f *format, e Event) []byte {
	record := make([]byte, (f.length+3)&^3)
	put(record, f.location, e.Location)
	put(record, f.protocol, uint64(e.Protocol))
	put(record, f.reason, uint64(e.Reason))
	put(record, f.kind, f.id)
	return record
}

func TestDecode(t *testing.T) {
	for kernel, reason := range map[string]uint32{"5.16": NoReason, "6.1": 2, "6.18": 0x20003} {
		f := formatOf(t, kernel)
		want := Event{Location: 0xffffffff81f0a4bc, Protocol: 0x86dd, Reason: reason}
		record := recordOf(&f, want)
		var got Event
		if ours, err := f.decode(record, &got); err != nil || !ours || got != want {
			t.Errorf("%s: got %+v, %t, %v, want %+v", kernel, got, ours, err, want)
		}
		for n := range f.length {
			if ours, err := f.decode(record[:n], &got); err == nil || ours {
				t.Errorf("%s: %d of %d bytes are enough", kernel, n, f.length)
			}
		}
		put(record, f.kind, f.id+1)
		for _, n := range []int{2, len(record)} {
			if ours, err := f.decode(record[:n], &got); err != nil || ours {
				t.Errorf("%s: another tracepoint: %t, %v", kernel, ours, err)
			}
		}
	}
}

func TestFormatRefused(t *testing.T) {
	good := fixture(t, "6.18", "format")
	for name, change := range map[string][2]string{
		"no id":         {"ID: 2310", ""},
		"id too large":  {"ID: 2310", "ID: 65536"},
		"no location":   {"location;", "place;"},
		"no protocol":   {"short protocol;", "short proto;"},
		"no type":       {"common_type", "common_kind"},
		"odd size":      {"offset:32;	size:2;", "offset:32;	size:3;"},
		"no size":       {"offset:32;	size:2;", "offset:32;"},
		"no offset":     {"offset:32;	size:2;", "size:2;"},
		"far away":      {"offset:32;", "offset:1048577;"},
		"negative":      {"offset:32;", "offset:-1;"},
		"empty name":    {"unsigned short protocol;", ";"},
		"odd reason":    {"offset:36;	size:4;", "offset:36;	size:16;"},
		"size in words": {"offset:32;	size:2;", "offset:32;	size:two;"},
		"id in words":   {"ID: 2310", "ID: many"},
		"pointer glued": {"void * location", "void **elsewhere"},
	} {
		text := strings.Replace(good, change[0], change[1], 1)
		if text == good {
			t.Fatalf("%s changes nothing", name)
		}
		if f, err := parseFormat(text); err == nil {
			t.Errorf("%s: got %+v, want an error", name, f)
		}
	}
}

func TestManyFields(t *testing.T) {
	var text strings.Builder
	for i := range maxFields + 1 {
		text.WriteString("\tfield:int f" + strings.Repeat("x", i) + ";\toffset:0;\tsize:4;\n")
	}
	if _, err := parseFields(text.String()); err == nil {
		t.Error("no bound on fields")
	}
}

func FuzzFormat(f *testing.F) {
	for _, kernel := range []string{"5.16", "6.1", "6.18"} {
		f.Add(fixture(f, kernel, "format"), make([]byte, 40))
	}
	f.Fuzz(func(t *testing.T, text string, record []byte) {
		format, err := parseFormat(text)
		if err != nil {
			return
		}
		var e Event
		if ours, err := format.decode(record, &e); ours && (err != nil || len(record) < format.length) {
			t.Errorf("decoded %d bytes by %+v: %v", len(record), format, err)
		}
		if !format.hasReason() && e.Reason != 0 && e.Reason != NoReason {
			t.Errorf("a reason from nowhere: %d", e.Reason)
		}
	})
}
