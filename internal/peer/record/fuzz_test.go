package record

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wrap makes an unsigned packet around a payload.
func wrap(payload []byte, compressed bool) []byte {
	h := testHeader
	h.Host[0], h.Kind, h.Parts, h.compressed = 1, KindReport, 1, compressed
	return append(append(h.append(nil), payload...), make([]byte, signatureSize)...)
}

// FuzzDecode takes bytes as a packet, and as the payload of one.
func FuzzDecode(f *testing.F) {
	for seed := range uint64(3) {
		report := sampleReport(seed, ordinary)
		packets, err := Encode(report, testHeader, testKey)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packets[0])
		f.Add(appendReport(nil, report))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, packet := range [][]byte{data, wrap(data, false), wrap(data, true)} {
			before := bytes.Clone(packet)
			p, err := Decode(packet)
			if !bytes.Equal(before, packet) {
				t.Fatal("the packet was changed")
			}
			if err != nil {
				continue
			}
			// What was understood can be said again, and is understood the same.
			again, err := parseReport(appendReport(nil, p.Report))
			if err != nil {
				t.Fatal(err)
			}
			first := appendReport(nil, again)
			if second := appendReport(nil, p.Report); !bytes.Equal(first, second) {
				t.Fatal(cmp.Diff(p.Report, again, exact))
			}
		}
	})
}

// FuzzMerge takes bytes as two payloads of one record.
func FuzzMerge(f *testing.F) {
	report := sampleReport(1, size{rows: 2, interfaces: 1, users: 1})
	all := report.lengths()
	f.Add(appendReport(nil, report.part(cut{}, cut{}, true)), appendReport(nil, report.part(cut{}, all, false)))
	f.Add([]byte{0}, appendReport(nil, report))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var parts []*Packet
		for i, data := range [][]byte{a, b} {
			p, err := Decode(wrap(data, false))
			if err != nil {
				return
			}
			p.Parts, p.Part = 2, uint8(i)
			parts = append(parts, p)
		}
		before := appendReport(nil, parts[0].Report)
		merged, err := Merge(parts[1], parts[0])
		if err != nil {
			t.Fatal(err)
		}
		n, first, second := merged.lengths(), parts[0].Report.lengths(), parts[1].Report.lengths()
		for list := range lists {
			if n[list] != first[list]+second[list] {
				t.Fatalf("list %d has %d rows, of %d and %d", list, n[list], first[list], second[list])
			}
		}
		if !bytes.Equal(before, appendReport(nil, parts[0].Report)) {
			t.Fatal("a part was changed")
		}
	})
}
