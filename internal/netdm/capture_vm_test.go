package netdm

import (
	"os"
	"path/filepath"
	"testing"
)

// TestVMCapture writes real messages to the directory VMCAPTURE; they belong
// into testdata, in a directory named by the kernel's release. TestVMHardware
// and TestVMHardwareCookie add theirs.
func TestVMCapture(t *testing.T) {
	directory := os.Getenv("VMCAPTURE")
	if directory == "" {
		t.Skip("VMCAPTURE names no directory to write to")
	}
	c := vmClient(t)
	write := func(name string, data []byte) {
		t.Helper()
		must(t, os.WriteFile(filepath.Join(directory, name), data, 0o644))
	}
	write("family.bin", c.FamilyMessage())
	settings, err := c.ask("capture", commandGetConfiguration, commandConfiguration)
	must(t, err)
	write("configuration.bin", settings)
	stats, err := c.ask("capture", commandGetStats, commandStats)
	must(t, err)
	write("stats.bin", stats)
	must(t, c.Subscribe())
	for _, mode := range []Mode{Packets, Summary} {
		must(t, c.Configure(Settings{Mode: mode, Truncate: 64, Queue: 1000}))
		must(t, c.Start(true, false))
		port := closedPort(t, 3)
		write("alert-"+mode.String()+".bin", captureAlert(t, c, mode, port))
		must(t, c.Stop(true, false))
	}
}

// captureAlert waits for an alert that holds a datagram to the port, or any
// summary of as many drops as were sent there.
func captureAlert(t *testing.T, c *Client, mode Mode, port uint16) []byte {
	t.Helper()
	var message []byte
	deadline := soon()
	must(t, c.Receive(deadline, func(a *Alert) {
		if message != nil || a.Mode != mode {
			return
		}
		if mode == Summary && len(a.Hits) > 0 || mode == Packets && toPort(&a.Packet, port) {
			message = append([]byte(nil), a.Message...)
			c.Wake()
		}
	}))
	if message == nil {
		t.Fatalf("no alert in %v mode", mode)
	}
	return message
}
