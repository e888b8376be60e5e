package symbols

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
)

const benchBase = 0xffffffff81000000

// largeKallsyms has n functions of 256 bytes and as many paddings.
func largeKallsyms(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		address := benchBase + uint64(i)*256
		fmt.Fprintf(&b, "%016x t __pfx_some_function_%d\n%016x T some_function_%d\n", address, i, address+16, i)
	}
	return b.Bytes()
}

func BenchmarkParse(b *testing.B) {
	data := largeKallsyms(64 << 10)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var table *Table
	for b.Loop() {
		var err error
		if table, err = Parse(bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc), "B-kept")
	b.ReportMetric(float64(table.Len()), "symbols")
	runtime.KeepAlive(data)
}

func BenchmarkResolve(b *testing.B) {
	const n = 64 << 10
	table, err := Parse(bytes.NewReader(largeKallsyms(n)))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	pc := uint64(0)
	for b.Loop() {
		pc += 104729 * 256 // a prime: visits the whole table
		if _, ok := table.ResolveReturn(benchBase + pc%(n*256) + 40); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkResolverCached(b *testing.B) {
	r := NewResolver(Config{Kallsyms: func() (*Table, error) {
		return Parse(bytes.NewReader(largeKallsyms(16)))
	}})
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := r.Resolve(benchBase + 40); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkLoadReasons(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := LoadReasons(); err != nil {
			b.Skip(err)
		}
	}
}
