package counters

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The host that is measured has so many namespaces, and in each so many
// interfaces beside lo, and UDP sockets.
const (
	benchNamespaces = 10
	benchInterfaces = 10
	benchSockets    = 100
)

// BenchmarkSample takes a sample of each namespace, and tells the CPU time of
// all of them together.
func BenchmarkSample(b *testing.B) {
	for _, all := range []bool{false, true} {
		b.Run(fmt.Sprintf("all-sockets=%v", all), func(b *testing.B) { benchmarkSample(b, all) })
	}
}

func benchmarkSample(b *testing.B, all bool) {
	if os.Geteuid() != 0 {
		b.Skip("needs root to make namespaces")
	}
	var readers []*Reader
	var listening []net.PacketConn
	defer func() {
		for _, c := range listening {
			c.Close()
		}
		for _, r := range readers {
			r.Close()
		}
	}()
	for range benchNamespaces {
		n := newNetNS(b)
		n.run(b, func() error {
			var err error
			listening, err = furnish(listening)
			return err
		})
		r, err := Open(Config{NetNS: int(n.file.Fd()), AllSockets: all})
		if err != nil {
			b.Fatal(err)
		}
		readers = append(readers, r)
	}
	counters, before := 0, cpuTime(b)
	b.ReportAllocs()
	for b.Loop() {
		counters = 0
		for _, r := range readers {
			s, err := r.Sample()
			if err != nil || len(s.Problems) > 0 {
				b.Fatal(err, s.Problems)
			}
			counters += len(s.Counters)
		}
	}
	b.ReportMetric(float64(cpuTime(b)-before)/1e6/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(counters), "counters")
}

// furnish makes the interfaces and sockets of one namespace.
func furnish(listening []net.PacketConn) ([]net.PacketConn, error) {
	var batch strings.Builder
	for i := range benchInterfaces / 2 {
		fmt.Fprintf(&batch, "link add v%d up type veth peer name w%d\nlink set w%d up\n", i, i, i)
	}
	command := exec.Command("ip", "-batch", "-")
	command.Stdin = strings.NewReader(batch.String())
	if output, err := command.CombinedOutput(); err != nil {
		return listening, fmt.Errorf("ip: %w: %s", err, output)
	}
	for range benchSockets {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return listening, err
		}
		listening = append(listening, c)
	}
	return listening, nil
}

// cpuTime is what this process has used so far, in nanoseconds.
func cpuTime(b *testing.B) int64 {
	b.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}
