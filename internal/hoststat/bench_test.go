package hoststat

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkSample is the cost of one sample of this host, also in time of the
// CPUs.
func BenchmarkSample(b *testing.B) {
	r := New(Config{})
	b.Cleanup(func() { r.Close() })
	r.Sample(b.Context())
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		r.Sample(b.Context())
	}
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
}

// cpuTime is what this process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
