package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/dropmon"
)

// A captured is one record of a capture file.
type captured struct {
	when         time.Time
	kept, length uint32
	message      []byte // as long as it says it is
}

// capture reads what is whole in a file of dwdump, ours or the C program's.
func capture(t *testing.T, name string) (list []captured) {
	t.Helper()
	text, err := os.ReadFile(name)
	if os.IsNotExist(err) || len(text) < 24 {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	number := binary.NativeEndian.Uint32
	if number(text) != 0xa1b2c3d4 || number(text[20:]) != 253 {
		t.Fatalf("%s begins with % x", name, text[:24])
	}
	for text = text[24:]; len(text) >= 16; {
		c := captured{
			when: time.Unix(int64(number(text)), int64(number(text[4:]))*1000),
			kept: number(text[8:]), length: number(text[12:]),
		}
		if uint32(len(text)) < 16+c.kept {
			break
		}
		record := text[16 : 16+c.kept]
		text = text[16+c.kept:]
		if want := []byte{0, 4, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16}; !bytes.HasPrefix(record, want) {
			t.Fatalf("%s: record begins with % x", name, record[:16])
		}
		c.message = record[16:]
		c.message = c.message[:min(len(c.message), int(number(c.message)))]
		list = append(list, c)
	}
	return list
}

// among keeps the messages with a datagram to the target.
func (o target) among(list []captured) []captured {
	var ports []byte
	for _, a := range []string{o.from.LocalAddr().String(), o.to.String()} {
		_, port, _ := strings.Cut(a, ":")
		var n uint16
		_, _ = fmt.Sscan(port, &n)
		ports = binary.BigEndian.AppendUint16(ports, n)
	}
	return slices.DeleteFunc(list, func(c captured) bool { return !bytes.Contains(c.message, ports) })
}

// dumping starts our dwdump, by that name, and waits for the head of its file.
func dumping(t *testing.T, args ...string) (c *child, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "ours.pcap")
	c = launch(t, func(c *exec.Cmd) { c.Args[0] = "dwdump" }, append(args, "-w", file)...)
	c.until(t, "our capture file", func() bool { return len(capture(t, file)) > 0 })
	return c, file
}

// While ours has the monitor, the C dwdump and our own listen, and get the same
// messages, byte for byte.
func TestVMSideBySideDump(t *testing.T) {
	path := needOriginal(t, "dwdump")
	our, ourInput := ours(t, "set source netdm\nset alertmode packet\nset trunc 60\nstart\n")
	mine, myFile := dumping(t, "-p")
	theirFile := filepath.Join(t.TempDir(), "theirs.pcap")
	theirs := launchOther(t, path, nil, "-p", "-w", theirFile)
	first := newTarget(t)
	theirs.until(t, "the C program's file", func() bool {
		first.send(t, 1) // it writes some kilobytes at a time
		return len(first.among(capture(t, theirFile))) > 0
	})
	port := newTarget(t)
	port.send(t, 30)
	our.until(t, "the datagrams", func() bool { return strings.Count(our.out.String(), port.flow()) == 30 })
	mine.until(t, "the datagrams in our file", func() bool { return len(port.among(capture(t, myFile))) == 30 })
	theirs.signal(t, syscall.SIGINT)
	theirs.wait(t, 0)
	mine.signal(t, syscall.SIGINT)
	mine.wait(t, 0)
	leave(t, our, ourInput)
	our.wait(t, 0)

	got, want := port.among(capture(t, myFile)), port.among(capture(t, theirFile))
	if len(want) != 30 || len(got) != 30 {
		t.Fatalf("%d messages, the C program has %d, want 30", len(got), len(want))
	}
	for i := range want {
		if !bytes.Equal(got[i].message, want[i].message) {
			t.Errorf("message %d:\n% x\nthe C program has\n% x", i, got[i].message, want[i].message)
		}
	}
	if family := capture(t, myFile)[0].message; !bytes.Contains(family, []byte("NET_DM\x00")) {
		t.Errorf("first message: %q", family)
	}
	if mine.err.String() != "" {
		t.Errorf("standard error: %s", &mine.err)
	}
}

// Our dwdump switches the monitor on and back again, and writes exact records.
func TestVMSideBySideDumpAlone(t *testing.T) {
	path := needOriginal(t, "dwdump")
	before, err := dropmon.Monitor()
	if err != nil {
		t.Fatal(err)
	}
	mine, file := dumping(t, "-t", "80", "-l", "500", "-o", "sw")
	if m, err := dropmon.Monitor(); err != nil || m.Activity != dropmon.ActivityOn || !m.Packets || m.Truncate != 80 || m.Queue != 500 {
		t.Errorf("state %+v, %v", m, err)
	}
	second := launch(t, nil, "record", "--dwdump-compatible", "-w", filepath.Join(t.TempDir(), "no"))
	second.wait(t, statusFailed)
	second.oneLine(t, "listen to it with --passive, or switch it off with --exit")
	for _, option := range []string{"-q", "-s"} {
		want, err := exec.Command(path, option).Output()
		if err != nil {
			t.Fatal(err)
		}
		c := launch(t, nil, "record", "--dwdump-compatible", option)
		c.wait(t, 0)
		if diff := cmp.Diff(string(want), c.out.String()); diff != "" {
			t.Errorf("%s (-C program +ours)\n%s", option, diff)
		}
	}

	port := newTarget(t)
	sent := time.Now().Truncate(time.Microsecond)
	already := closedPorts(t)
	port.send(t, 20)
	mine.until(t, "the drops", func() bool { return closedPorts(t) >= already+20 })
	done := time.Now()
	mine.signal(t, syscall.SIGINT) // what is on its way is written all the same
	mine.wait(t, 0)
	list := port.among(capture(t, file))
	if len(list) != 20 {
		t.Fatalf("%d datagrams, want 20; %s", len(list), &mine.err)
	}
	for i, c := range list {
		if c.kept != c.length || c.kept != 16+uint32(len(c.message)) {
			t.Errorf("record %d has %d of %d bytes, the message %d", i, c.kept, c.length, len(c.message))
		}
		if dropped := c.dropped(t); c.when.Before(sent) || c.when.After(done) || !dropped.Truncate(time.Microsecond).Equal(c.when) {
			t.Errorf("record %d: time %v, dropped %v, sent from %v to %v", i, c.when, dropped, sent, done)
		}
	}
	after, err := dropmon.Monitor()
	after.SoftwareLost, before.SoftwareLost = 0, 0
	if diff := cmp.Diff(before, after); err != nil || diff != "" {
		t.Errorf("%v, state of the monitor (-before +after)\n%s", err, diff)
	}
}

// closedPorts is how many datagrams this host has had for closed ports.
func closedPorts(t *testing.T) (n int) {
	t.Helper()
	text, err := os.ReadFile("/proc/net/snmp")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "\nUdp: InDatagrams NoPorts ")
	_, values, _ := strings.Cut(after, "\nUdp: ")
	if _, err := fmt.Sscan(values, new(int), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// dropped is the time in the message itself.
func (c captured) dropped(t *testing.T) time.Time {
	t.Helper()
	head := binary.NativeEndian.AppendUint16(nil, 12)
	head = binary.NativeEndian.AppendUint16(head, 5) // NET_DM_ATTR_TIMESTAMP
	_, after, found := bytes.Cut(c.message, head)
	if !found || len(after) < 8 {
		t.Fatalf("no time in % x", c.message)
	}
	return time.Unix(0, int64(binary.NativeEndian.Uint64(after)))
}

// -e stops the monitor, whoever has it.
func TestVMSideBySideDumpExit(t *testing.T) {
	path := needOriginal(t, "dropwatch")
	their, input := original(t, path, "start\n")
	c := launch(t, func(c *exec.Cmd) { c.Args[0] = "dwdump" }, "-e")
	c.wait(t, 0)
	if a := activity(t); a != dropmon.ActivityIdle {
		t.Errorf("activity %d of the monitor, want idle", a)
	}
	leave(t, their, input)
	their.wait(t, 0)
}
