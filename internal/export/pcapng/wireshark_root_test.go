package pcapng

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// harmless is what tools say to standard error when all is well.
var harmless = []string{`as user "root"`, "Capturing on '-'", "[Main MESSAGE] -- ", "tshark: \n", " packets captured"}

// tool runs one of Wireshark's, which must have nothing to complain about.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	return piped(t, nil, name, args...)
}

// piped runs a tool with an input.
func piped(t *testing.T, input io.Reader, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("DROPWATCH_CI") != "" {
			t.Fatalf("%v: install the package tshark", err)
		}
		t.Skipf("%v: install the package tshark", err)
	}
	var stderr bytes.Buffer
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C.UTF-8", "HOME="+t.TempDir())
	c.Stdin, c.Stderr = input, &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	for line := range strings.Lines(stderr.String()) {
		if !slices.ContainsFunc(harmless, func(s string) bool { return strings.Contains(line, s) }) {
			t.Errorf("%s %s: %s", name, strings.Join(args, " "), line)
		}
	}
	return string(out)
}

func goldenFiles() []string {
	var names []string
	for _, f := range orders() {
		names = append(names, goldenName(f.order))
	}
	return names
}

func TestRootTsharkReads(t *testing.T) {
	const want = "0|eth0|eth0 of web|1700000000.123456789|46|46|10.0.0.1|9|NO_SOCKET in udp_queue_rcv_one_skb|\n" +
		"1|tun0|tun0|1700000001.000000001|1500|32|10.0.0.1|9|NETFILTER_DROP, Regel ü|\n" +
		"1|tun0|tun0|1700000002.999999999|1400|30|10.0.0.1|9||\n" +
		"0|eth0|eth0 of web|1700000003.000000000|60|0||||\n"
	for _, name := range goldenFiles() {
		args := []string{"-n", "-r", name, "-T", "fields", "-E", "separator=|"}
		for _, field := range []string{
			"frame.interface_id", "frame.interface_name", "frame.interface_description", "frame.time_epoch", "frame.len",
			"frame.cap_len", "ip.src", "udp.dstport", "frame.comment", "_ws.malformed",
		} {
			args = append(args, "-e", field)
		}
		got := tool(t, "tshark", args...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestRootCapinfosReads(t *testing.T) {
	for _, name := range goldenFiles() {
		text := tool(t, "capinfos", "-M", name)
		for _, want := range []string{
			"Number of packets:   4", "File timestamp precision:  nanoseconds (9)",
			"Capture hardware:    x86_64", "Capture oper-sys:    Linux 6.18", "Capture application: dropwatch",
			"Capture comment:     first", "Number of interfaces in file: 2",
			"Name = eth0", "Description = eth0 of web", "Encapsulation = Ethernet", "Capture length = 128",
			"Name = tun0", "Encapsulation = Raw IP", "Hardware = tun", "Time precision = nanoseconds (9)", "Number of stat entries = 1",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
		if t.Failed() {
			t.Log(text)
		}
	}
}

// TestRootEditcapWrites reads what Wireshark made of a recording: what is ours
// is lost, and all else is the same.
func TestRootEditcapWrites(t *testing.T) {
	for _, name := range goldenFiles() {
		to := filepath.Join(t.TempDir(), "again.pcapng")
		tool(t, "editcap", name, to)
		file, err := os.ReadFile(to)
		if err != nil {
			t.Fatal(err)
		}
		all, err := readAll(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		packets := func(all []Block) []Block {
			var some []Block
			for _, b := range all {
				if p, is := b.(*Packet); is {
					p.Row = 0
					some = append(some, p)
				}
			}
			return some
		}
		if diff := cmp.Diff(packets(goldenBlocks()), packets(all), same); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// TestRootTsharkReadsMany reads what fills the buffer several times.
func TestRootTsharkReadsMany(t *testing.T) {
	const packets = 5000
	name := filepath.Join(t.TempDir(), "many.pcapng")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := recording(t, file)
	for i := range packets {
		if err := w.WritePacket(&Packet{Time: int64(i), Length: 1500, Row: uint32(i), Data: ethernet, Comment: []byte("reason")}); err != nil {
			t.Fatal(err)
		}
		if i%100 == 0 {
			if err := w.WriteLocal(2, make([]byte, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat("reason|46\n", packets)
	if got := tool(t, "tshark", "-n", "-r", name, "-T", "fields", "-E", "separator=|", "-e", "frame.comment", "-e", "frame.cap_len"); got != want {
		t.Errorf("%d lines\n%.200s", strings.Count(got, "\n"), got)
	}
}

// TestRootTsharkReadsPipe reads as a capture does, with interfaces and local
// blocks that come between packets.
func TestRootTsharkReadsPipe(t *testing.T) {
	var b bytes.Buffer
	w := recording(t, &b)
	for i := range 3 {
		id, err := w.AddInterface(Interface{Name: "new" + string(rune('0'+i)), LinkType: 101})
		if err == nil {
			err = w.WriteLocal(1, []byte("{}"))
		}
		if err == nil {
			err = w.WritePacket(&Packet{Interface: id, Time: int64(i), Row: 1, Data: ip, Comment: []byte("reason")})
		}
		if err == nil {
			err = w.WritePacket(&Packet{Time: int64(i), Data: ethernet})
		}
		if err == nil {
			err = w.WriteStatistics(&Statistics{Interface: id, Dropped: new(uint64(1))})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "new0|reason|10.0.0.1\neth0||10.0.0.1\nnew1|reason|10.0.0.1\neth0||10.0.0.1\nnew2|reason|10.0.0.1\neth0||10.0.0.1\n"
	args := []string{"-n", "-T", "fields", "-E", "separator=|", "-e", "frame.interface_name", "-e", "frame.comment", "-e", "ip.src"}
	for _, from := range []string{"-r", "-i"} {
		got := piped(t, bytes.NewReader(b.Bytes()), "tshark", append([]string{from, "-"}, args...)...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s - (-want +got)\n%s", from, diff)
		}
	}
}
