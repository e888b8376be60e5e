package ethstat

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// crowd makes 100 interfaces and connects to them.
func crowd(b *testing.B) *Conn {
	b.Helper()
	netns := fresh(b)
	var links strings.Builder
	for i := range 49 {
		fmt.Fprintf(&links, "link add l%d type veth peer name r%d\nlink set l%d up\nlink set r%d up\n", i, i, i, i)
	}
	cmd := exec.Command("ip", "-batch", "-")
	cmd.Stdin = strings.NewReader(links.String())
	if output, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, output)
	}
	return dial(b, netns)
}

func BenchmarkDriver100(b *testing.B) {
	c := crowd(b)
	b.ReportAllocs()
	for b.Loop() {
		for i := range 98 {
			if stats, err := c.Driver(fmt.Sprintf("%c%d", "lr"[i%2], i/2)); err != nil || len(stats) == 0 {
				b.Fatal(stats, err)
			}
		}
	}
}

func BenchmarkStandard100(b *testing.B) {
	c := crowd(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Standard(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRings100(b *testing.B) {
	c := crowd(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Rings(); err != nil {
			b.Fatal(err)
		}
	}
}
