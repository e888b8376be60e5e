package counters

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dropwatch/counters/procfile"
)

// A fixture is a directory in place of /proc/net, filled from a real kernel.
type fixture struct {
	t   *testing.T
	dir string
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t, t.TempDir()}
	if err := os.CopyFS(f.dir, os.DirFS("procfile/testdata/6.18")); err != nil {
		t.Fatal(err)
	}
	return f
}

// write replaces a file's content in place, as the kernel does.
func (f *fixture) write(path, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, path), []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) remove(path string) {
	f.t.Helper()
	if err := os.Remove(filepath.Join(f.dir, path)); err != nil {
		f.t.Fatal(err)
	}
}

// open opens a reader of the files.
func (f *fixture) open() *Reader {
	f.t.Helper()
	r, err := Open(Config{Sources: procSources(), root: f.dir})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if err := r.Close(); err != nil {
			f.t.Error(err)
		}
	})
	return r
}

func procSources() []string {
	var names []string
	for _, file := range procfile.Files() {
		names = append(names, file.Source)
	}
	return names
}

func sample(t *testing.T, r *Reader) *Sample {
	t.Helper()
	s, err := r.Sample()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(s.Counters, compareCounters) {
		t.Error("the counters are not sorted")
	}
	return s
}

func TestSample(t *testing.T) {
	f := newFixture(t)
	r := f.open()
	s := sample(t, r)
	if diff := cmp.Diff(slices.Sorted(slices.Values(procSources())), s.Read); diff != "" || len(s.Absent)+len(s.Problems) > 0 {
		t.Errorf("absent %v, problems %v, read (-want +got)\n%s", s.Absent, s.Problems, diff)
	}
	for _, want := range []Counter{
		{Name: "Udp.NoPorts", Scope: Scope{NetNS: s.NetNS}, Source: "snmp", Value: 35186406, Bits: 64},
		{Name: "Tcp.MaxConn", Scope: Scope{NetNS: s.NetNS}, Source: "snmp", Value: ^uint64(0), Bits: 64, Gauge: true},
		{Name: "Ip6OutRequests", Scope: Scope{NetNS: s.NetNS}, Source: "snmp6", Value: 13, Bits: 64},
		{Name: "softnet.time_squeeze", Scope: Scope{Object: "cpu 1"}, Source: "softnet", Value: 0x14d, Bits: 32},
		{Name: "arp_cache.entries", Source: "arp_cache", Value: 6, Bits: 64, Gauge: true},
		{Name: "arp_cache.res_failed", Source: "arp_cache", Value: 0x1b + 0x1d, Bits: 64},
		{Name: "protocols.sockets", Scope: Scope{NetNS: s.NetNS, Object: "UNIX-STREAM"}, Source: "protocols", Value: 2, Bits: 64, Gauge: true},
	} {
		got, ok := s.Lookup(want.Name, want.Scope)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s found %v (-want +got)\n%s", want.Name, ok, diff)
		}
	}
}

func TestSampleReadsAgain(t *testing.T) {
	f := newFixture(t)
	f.write("snmp", "Udp: NoPorts\nUdp: 100\n")
	f.write("netstat", "TcpExt: ListenDrops\nTcpExt: 7\n")
	r := f.open()
	before := sample(t, r)
	f.write("snmp", "Udp: NoPorts InErrors\nUdp: 142 3\n")
	after := sample(t, r)
	changes := slices.DeleteFunc(Diff(before, after), func(c Change) bool { return c.Delta == 0 })
	scope := Scope{NetNS: r.NetNS()}
	want := []Change{
		{Name: "Udp.InErrors", Scope: scope, Delta: 3, After: 3, Appeared: true},
		{Name: "Udp.NoPorts", Scope: scope, Delta: 42, Before: 100, After: 142},
	}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSampleOfWhatIsNotThere(t *testing.T) {
	f := newFixture(t)
	f.remove("stat/arp_cache")
	f.remove("snmp6")
	f.remove("softnet_stat")
	f.write("xfrm_stat", "XfrmInError 3\nXfrmInNoPols\n")
	f.write("snmp", "")
	s := sample(t, f.open())
	if diff := cmp.Diff([]string{"arp_cache", "snmp6"}, s.Absent); diff != "" {
		t.Errorf("absent (-want +got)\n%s", diff)
	}
	var problems []string
	for _, p := range s.Problems {
		problems = append(problems, p.Source+": "+p.Err.Error())
	}
	want := []string{
		"snmp: parse /proc/net/snmp line 1: the file is empty",
		"softnet: open /proc/net/softnet_stat: no such file or directory: is /proc mounted?",
		"xfrm_stat: parse /proc/net/xfrm_stat line 2: no name and value",
	}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got)\n%s", diff)
	}
	if !errors.Is(s.Problems[1].Err, fs.ErrNotExist) {
		t.Error("the cause is lost")
	}
	if c, ok := s.Lookup("xfrm_stat.XfrmInError", Scope{NetNS: s.NetNS}); !ok || c.Value != 3 {
		t.Errorf("what could be read is not there: %v, %v", c, ok)
	}
	for _, source := range []string{"arp_cache", "snmp", "snmp6", "softnet", "xfrm_stat"} {
		if s.was(source) {
			t.Errorf("%s was read whole", source)
		}
	}
}

func TestSampleOfMuchText(t *testing.T) {
	f := newFixture(t)
	var text strings.Builder
	for cpu := range 8192 {
		fmt.Fprintf(&text, "00000001 %08x 00000000 0 0 0 0 0 0 0 0 00000000 %08x\n", cpu, cpu)
	}
	f.write("softnet_stat", text.String())
	s := sample(t, f.open())
	if c, ok := s.Lookup("softnet.dropped", Scope{Object: "cpu 8191"}); !ok || c.Value != 8191 {
		t.Errorf("last CPU: %v, %v", c, ok)
	}
	f.write("softnet_stat", strings.Repeat(text.String(), 20))
	s = sample(t, f.open())
	if s.was("softnet") || len(s.Problems) != 1 {
		t.Errorf("problems %v", s.Problems)
	}
}

func TestOpenIsAskedForNonsense(t *testing.T) {
	if r, err := Open(Config{Sources: []string{"snmp", "snpm"}}); err == nil || !strings.Contains(err.Error(), `"snpm"`) {
		t.Errorf("%v, %v", r, err)
	}
	file, err := os.Open(".")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if r, err := Open(Config{NetNS: int(file.Fd())}); err == nil {
		t.Errorf("a directory was taken for a namespace: %v", r)
	}
}

func TestClosedReader(t *testing.T) {
	r := newFixture(t).open()
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Error(err)
	}
	if s, err := r.Sample(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("%v, %v", s, err)
	}
}

// onlyRoot are the sources that nobody else may read.
var onlyRoot = []string{"nfnetlink_queue", "nft", "iptables", "ip6tables"}

// TestUnprivileged reads the live host. It is run as nobody too.
func TestUnprivileged(t *testing.T) {
	r, err := Open(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s := sample(t, r)
	for _, p := range s.Problems {
		if os.Geteuid() != 0 && slices.Contains(onlyRoot, p.Source) {
			if !errors.Is(p.Err, os.ErrPermission) {
				t.Errorf("%s: not for want of a right: %v", p.Source, p.Err)
			}
			continue
		}
		t.Errorf("%s: %v", p.Source, p.Err)
	}
	for _, source := range []string{"link", "qdisc", "ethtool", "snmp", "netstat", "softnet", "sockstat", "protocols", "udp"} {
		if !s.was(source) {
			t.Errorf("%s was not read", source)
		}
	}
	if _, ok := s.Lookup("Udp.NoPorts", Scope{NetNS: s.NetNS}); !ok {
		t.Error("no Udp.NoPorts")
	}
	if _, ok := s.link(1); !ok {
		t.Error("no lo")
	}
}
