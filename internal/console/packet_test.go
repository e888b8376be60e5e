package console

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// The packet filter is checked when it is typed, and shown.
func TestPacketFilter(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	script := "packet\npacket tcp port 80 and not host 10.0.0.1\npacket\npacket tcp prt 80\npacket none\npacket\n"
	if _, err := write.WriteString(script); err != nil {
		t.Fatal(err)
	}
	write.Close()
	c := newConsole("")
	var out, errs bytes.Buffer
	if _, err := c.run(context.Background(), Config{In: read, Out: &out, Err: &errs}); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "no packet filter\ntcp port 80 and not host 10.0.0.1\nno packet filter\n"; !strings.Contains(got, want) {
		t.Errorf("output %q, want %q in it", got, want)
	}
	if got := errs.String(); !strings.Contains(got, "line 4: packet: column 5: ") {
		t.Errorf("errors %q", got)
	}
	if c.settings.packet != nil || c.settings.config().PacketFilter != nil {
		t.Error("the filter is still set")
	}
}
