package rtstat

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// crowd makes 100 interfaces, half of them with a tbf, and connects to them.
func crowd(b *testing.B) *Conn {
	b.Helper()
	netns := fresh(b)
	var links, qdiscs strings.Builder
	for i := range 50 {
		fmt.Fprintf(&links, "link add l%d type veth peer name r%d\nlink set l%d up\nlink set r%d up\n", i, i, i, i)
		fmt.Fprintf(&qdiscs, "qdisc add dev l%d root tbf rate 1mbit burst 3000 limit 10000\n", i)
	}
	feed(b, "ip", links.String())
	feed(b, "tc", qdiscs.String())
	c, err := Dial(Config{NetNS: netns})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	return c
}

func feed(b *testing.B, program, text string) {
	b.Helper()
	cmd := exec.Command(program, "-batch", "-")
	cmd.Stdin = strings.NewReader(text)
	if output, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v\n%s", program, err, output)
	}
}

func BenchmarkLinks100(b *testing.B) {
	c := crowd(b)
	b.ReportAllocs()
	for b.Loop() {
		links, err := c.Links()
		if err != nil || len(links) != 101 {
			b.Fatal(len(links), err)
		}
	}
}

func BenchmarkQdiscs100(b *testing.B) {
	c := crowd(b)
	b.ReportAllocs()
	for b.Loop() {
		qdiscs, err := c.Qdiscs()
		if err != nil || len(qdiscs) < 101 {
			b.Fatal(len(qdiscs), err)
		}
	}
}

func BenchmarkExtended100(b *testing.B) {
	c := crowd(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Extended(); err != nil {
			b.Fatal(err)
		}
	}
}
