package ethstat

import (
	"os"
	"path/filepath"
	"testing"

	"dropwatch/counters/internal/nldump"
)

func FuzzDecode(f *testing.F) {
	f.Add(statsReplyBytes())
	f.Add(append(put(1, header(3, "eth1")), put(5, put64(2, 8, 9), put64(3, 9))...))
	f.Add(put(2, put(1, put32(1, 18), put(3, put(1, put32(1, 2), text(2, "c"))))))
	captured, err := filepath.Glob("testdata/*/*.bin")
	if err != nil || len(captured) == 0 {
		f.Fatalf("no captures: %v", err)
	}
	for _, name := range captured {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[min(genericHeader, len(data)):])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, ok, err := decodeReply(nldump.Walk(data))
		if ok != (err == nil && r.index != 0 && len(r.groups) > 0) {
			t.Fatalf("%t, error %v, %+v", ok, err, r)
		}
		count := 0
		for _, g := range r.groups {
			count += len(g.stats) + len(g.buckets)
		}
		if 4*count > len(data) {
			t.Fatalf("%d statistics of %d bytes", count, len(data))
		}
		for _, kind := range []sideKind{pauseKind(), fecKind()} {
			if d, ok, err := kind.decode(nldump.Walk(data)); ok && (err != nil || len(d.Stats)*8 > len(data)) {
				t.Fatalf("error %v, %+v", err, d)
			}
		}
		if rings, ok, err := decodeRings(nldump.Walk(data)); ok && (err != nil || rings.Index == 0) {
			t.Fatalf("error %v, %+v", err, rings)
		}
		if names, err := decodeStrings(nldump.Walk(data), 18); len(names) > maxNames || err != nil && len(data) == 0 {
			t.Fatalf("%d names", len(names))
		}
		if family, err := decodeFamily(data); err != nil && family != 0 {
			t.Fatalf("family %d and error %v", family, err)
		}
	})
}

func FuzzDriver(f *testing.F) {
	f.Add([]byte("rx_drops\x00"), []byte{1, 2, 3, 4, 5, 6, 7, 8})
	f.Fuzz(func(t *testing.T, block, values []byte) {
		names := decodeNames(block)
		stats := decodeDriver(names, values)
		if len(names) != len(block)/nameBytes || len(stats) > len(names) || len(stats) > len(values)/8 {
			t.Fatalf("%d names, %d statistics of %d and %d bytes", len(names), len(stats), len(block), len(values))
		}
		for _, s := range stats {
			if s.Name == "" || len(s.Name) > nameBytes {
				t.Fatalf("name %q", s.Name)
			}
		}
	})
}
