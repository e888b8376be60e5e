package owner

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dropwatch/dropmon"
)

func wantOwner(t *testing.T, p *Processes, inode uint64, pid int, name string) {
	t.Helper()
	got, ok := p.Lookup(inode)
	if want := (dropmon.Process{PID: pid, Name: name}); got != want || ok != (pid != 0) {
		t.Errorf("socket %d: got %v %v, want %v", inode, got, ok, want)
	}
}

func TestLookup(t *testing.T) {
	f := newFixture(t)
	f.process("1", fakeProcess{name: "systemd", sockets: map[int]uint64{5: 500, 6: 600}})
	f.process("90", fakeProcess{name: "dnsd", start: 9, sockets: map[int]uint64{3: 100, 4: 101, 5: 500}})
	f.process("812", fakeProcess{name: "worker", start: 9, sockets: map[int]uint64{3: 100, 4: 300}})
	f.must(os.MkdirAll(filepath.Join(f.proc, "77"), 0o755))           // ended while we looked
	f.must(os.MkdirAll(filepath.Join(f.proc, "irq"), 0o755))          // no process
	f.must(os.WriteFile(filepath.Join(f.proc, "78"), nil, 0o644))     // no directory
	f.must(os.WriteFile(filepath.Join(f.proc, "uptime"), nil, 0o644)) // no process
	p := NewProcesses(f.config)
	wantOwner(t, p, 300, 812, "worker")
	wantOwner(t, p, 101, 90, "dnsd")
	wantOwner(t, p, 100, 90, "dnsd")   // shared: lowest pid
	wantOwner(t, p, 500, 90, "dnsd")   // systemd keeps the sockets of its services
	wantOwner(t, p, 600, 1, "systemd") // nobody else has it
	wantOwner(t, p, 77, 0, "")         // a pipe
	wantOwner(t, p, 0, 0, "")
	if reason, yes := p.Restricted(); yes {
		t.Errorf("Restricted() = %q", reason)
	}
}

func TestNewSocketIsFoundAtOnceAndMissesWait(t *testing.T) {
	f := newFixture(t)
	p := NewProcesses(f.config)
	wantOwner(t, p, 100, 0, "")
	f.process("90", fakeProcess{name: "dnsd", sockets: map[int]uint64{3: 100, 4: 101}})
	wantOwner(t, p, 100, 0, "") // missed just now
	wantOwner(t, p, 101, 90, "dnsd")
	wantOwner(t, p, 100, 90, "dnsd") // the scan for the other found it too
	wantOwner(t, p, 200, 0, "")
	f.process("91", fakeProcess{name: "late", sockets: map[int]uint64{3: 200}})
	f.pass(socketRetry)
	wantOwner(t, p, 200, 91, "late")
}

func TestCostlyScansAreSpaced(t *testing.T) {
	f := newFixture(t)
	begin := f.now
	f.config.Now = func() time.Time { f.now = f.now.Add(time.Millisecond); return f.now }
	p := NewProcesses(f.config)
	for inode := uint64(1); f.now.Sub(begin) < time.Second; inode++ {
		p.Lookup(inode) // a stream of sockets that nobody has
	}
	// A scan reads the clock twice and so takes one millisecond.
	if p.turn < 20 || p.turn > 100 {
		t.Errorf("%d scans of 1 ms in a second, want at most a tenth of the time", p.turn)
	}
}

func TestRecycledPIDIsNotBlamed(t *testing.T) {
	f := newFixture(t)
	f.process("90", fakeProcess{name: "dnsd", start: 9, sockets: map[int]uint64{3: 100}})
	p := NewProcesses(f.config)
	wantOwner(t, p, 100, 90, "dnsd")
	f.process("90", fakeProcess{name: "shell", start: 50, sockets: map[int]uint64{3: 101}})
	f.pass(time.Minute)
	wantOwner(t, p, 100, 90, "dnsd") // the one that had it
	wantOwner(t, p, 101, 90, "shell")
	wantOwner(t, p, 100, 90, "dnsd")
}

func TestSocketPassedOn(t *testing.T) {
	f := newFixture(t)
	f.process("90", fakeProcess{name: "parent", start: 9, sockets: map[int]uint64{3: 100}})
	p := NewProcesses(f.config)
	wantOwner(t, p, 100, 90, "parent")
	f.process("90", fakeProcess{name: "parent", start: 9})
	f.process("91", fakeProcess{name: "child", start: 10, sockets: map[int]uint64{3: 100}})
	wantOwner(t, p, 100, 90, "parent") // believed for a second
	f.pass(socketRecheck)
	wantOwner(t, p, 100, 91, "child")
	f.process("91", fakeProcess{name: "renamed\x07", start: 10, sockets: map[int]uint64{3: 100}})
	f.pass(socketRecheck)
	wantOwner(t, p, 100, 91, "renamed?")
}

func TestClosedSocketDoesNotScanForEver(t *testing.T) {
	f := newFixture(t)
	f.process("90", fakeProcess{name: "dnsd", start: 9, sockets: map[int]uint64{3: 100}})
	p := NewProcesses(f.config)
	wantOwner(t, p, 100, 90, "dnsd")
	f.end("90")
	for range 600 { // a minute of drops
		f.pass(100 * time.Millisecond)
		wantOwner(t, p, 100, 90, "dnsd")
	}
	if p.turn > 20 {
		t.Errorf("%d scans for one closed socket", p.turn)
	}
}

func TestSocketsAreBounded(t *testing.T) {
	f := newFixture(t)
	f.config.MaxSockets = 10
	p := NewProcesses(f.config)
	for round := range uint64(5) {
		sockets := make(map[int]uint64)
		for fd := range 8 {
			sockets[fd+3] = 100*round + uint64(fd) + 1
		}
		f.process("90", fakeProcess{name: "dnsd", start: 9, sockets: sockets})
		wantOwner(t, p, 100*round+1, 90, "dnsd")
	}
	if len(p.sockets) > 2*10 {
		t.Errorf("%d sockets are remembered, limit 2*10", len(p.sockets))
	}
	f.process("89", fakeProcess{name: "many", start: 9, sockets: map[int]uint64{3: 1001, 4: 1002, 5: 1003}})
	p.Lookup(1)
	p.Lookup(5000)
	if reason, yes := p.Restricted(); !yes || !strings.Contains(reason, "10 sockets") {
		t.Errorf("Restricted() = %q, %v", reason, yes)
	}
}

func TestProcessByPID(t *testing.T) {
	f := newFixture(t)
	f.process("90", fakeProcess{name: "dnsd", start: 9})
	p := NewProcesses(f.config)
	check := func(pid int, want string) {
		t.Helper()
		got, ok := p.ProcessByPID(pid)
		if got.Name != want || ok != (want != "") {
			t.Errorf("process %d: got %v %v, want %q", pid, got, ok, want)
		}
	}
	check(90, "dnsd")
	check(91, "")
	f.process("90", fakeProcess{name: "shell", start: 50})
	check(90, "dnsd") // believed for a second
	f.pass(socketRecheck)
	check(90, "shell")
	f.end("90")
	f.pass(time.Minute)
	check(90, "shell") // the last that had the pid
}

func TestHiddenProcesses(t *testing.T) {
	tests := []struct {
		name   string
		pidNS  string
		first  bool
		reason string
	}{
		{"all visible", "pid:[4026531836]", true, ""},
		{"in a container", "pid:[4026532500]", true, "PID namespace"},
		{"hidepid", "pid:[4026531836]", false, "hidepid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			f.process("900", fakeProcess{name: "dropwatch", start: 9, netns: hostNS})
			f.must(os.Symlink(tt.pidNS, filepath.Join(f.proc, "900", "ns", "pid")))
			f.must(os.Symlink("900", filepath.Join(f.proc, "self")))
			if tt.first {
				f.process("1", fakeProcess{name: "init", start: 1, netns: hostNS})
			}
			n := New(f.config)
			if err := n.Prime(); err != nil {
				t.Fatal(err)
			}
			got := strings.Join(n.Restricted(), "|")
			if (got == "") != (tt.reason == "") || !strings.Contains(got, tt.reason) || strings.Contains(got, "|") {
				t.Errorf("Restricted() = %q, want one with %q", got, tt.reason)
			}
		})
	}
}
