package procfile

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// kernels are the releases whose files are in testdata.
var kernels = []string{"5.10", "6.1", "6.12", "6.18", "7.2"}

// fixture reads a file of a kernel; one that it did not have is empty.
func fixture(t testing.TB, kernel string, file File) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", kernel, file.Path))
	if errors.Is(err, os.ErrNotExist) && !file.Usual {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func parse(t *testing.T, source, text string) ([]Value, error) {
	t.Helper()
	file, ok := Lookup(source)
	if !ok {
		t.Fatalf("no file %s", source)
	}
	return NewParser(file).Parse(nil, []byte(text))
}

// byName adds up the rows of a file.
func byName(values []Value) map[string]uint64 {
	sums := make(map[string]uint64)
	for _, v := range values {
		sums[v.Name] += v.Number
	}
	return sums
}

// slowly reads the files with names in the plainest way there is.
func slowly(t *testing.T, file File, text string) map[string]uint64 {
	t.Helper()
	want := make(map[string]uint64)
	number := func(word string) uint64 {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return uint64(n)
	}
	all := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	switch file.Source {
	case "snmp", "netstat":
		for i := 0; i+1 < len(all); i += 2 {
			names, values := strings.Fields(all[i]), strings.Fields(all[i+1])
			for j := 1; j < len(names); j++ {
				want[strings.TrimSuffix(names[0], ":")+"."+names[j]] += number(values[j])
			}
		}
	case "snmp6", "xfrm_stat":
		for _, line := range all {
			words := strings.Fields(line)
			want[strings.TrimPrefix(file.Source+".", "snmp6.")+words[0]] += number(words[1])
		}
	case "sockstat", "sockstat6":
		for _, line := range all {
			words := strings.Fields(line)
			for i := 1; i < len(words); i += 2 {
				want["sockstat."+strings.TrimSuffix(words[0], ":")+"."+words[i]] = number(words[i+1])
			}
		}
	default:
		return nil
	}
	return want
}

func TestFilesOfRealKernels(t *testing.T) {
	for _, kernel := range kernels {
		for _, file := range Files() {
			t.Run(kernel+"/"+file.Source, func(t *testing.T) {
				text := fixture(t, kernel, file)
				if text == nil {
					t.Skip("this kernel was built without it")
				}
				values, err := NewParser(file).Parse(nil, text)
				if err != nil {
					t.Fatal(err)
				}
				if len(values) == 0 && file.Source != "nfnetlink_queue" {
					t.Error("no values")
				}
				if want := slowly(t, file, string(text)); want != nil {
					if diff := cmp.Diff(want, byName(values)); diff != "" {
						t.Errorf("(-plain reading +ours)\n%s", diff)
					}
				}
			})
		}
	}
}

func TestValues(t *testing.T) {
	for _, test := range []struct {
		name, source, text string
		want               []Value
	}{
		{"a setting below zero", "snmp", "Tcp: MaxConn CurrEstab InErrs\nTcp: -1 3 7\n", []Value{
			{Name: "Tcp.MaxConn", Number: ^uint64(0), Bits: 64, Gauge: true},
			{Name: "Tcp.CurrEstab", Number: 3, Bits: 64, Gauge: true},
			{Name: "Tcp.InErrs", Number: 7, Bits: wordBits},
		}},
		{"a group nobody knows yet", "netstat", "QuicExt: Lost\nQuicExt: 18446744073709551615\n", []Value{
			{Name: "QuicExt.Lost", Number: ^uint64(0), Bits: 64},
		}},
		{"a group twice", "snmp", "IcmpMsg: InType0\nIcmpMsg: 1\nIcmpMsg: InType8\nIcmpMsg: 2\n", []Value{
			{Name: "IcmpMsg.InType0", Number: 1, Bits: wordBits},
			{Name: "IcmpMsg.InType8", Number: 2, Bits: wordBits},
		}},
		{"a group without members", "snmp", "IcmpMsg:\nIcmpMsg:\nIp: InDiscards\nIp: 4\n", []Value{
			{Name: "Ip.InDiscards", Number: 4, Bits: 64},
		}},
		{"names and numbers", "snmp6", "Ip6InDiscards\t1\nUdp6NoPorts  \t2\n", []Value{
			{Name: "Ip6InDiscards", Number: 1, Bits: 64},
			{Name: "Udp6NoPorts", Number: 2, Bits: wordBits},
		}},
		{"before Linux 5.10", "softnet", "0000000a 00000001 00000002 0 0 0 0 0 0 00000003 00000004\n", []Value{
			{Name: "softnet.processed", Object: "cpu 0", Number: 10, Bits: 32, Host: true},
			{Name: "softnet.dropped", Object: "cpu 0", Number: 1, Bits: 32, Host: true},
			{Name: "softnet.time_squeeze", Object: "cpu 0", Number: 2, Bits: 32, Host: true},
			{Name: "softnet.received_rps", Object: "cpu 0", Number: 3, Bits: 32, Host: true},
			{Name: "softnet.flow_limit", Object: "cpu 0", Number: 4, Bits: 32, Host: true},
		}},
		{"levels of several owners", "sockstat", "TCP: inuse 4 mem 9\n", []Value{
			{Name: "sockstat.TCP.inuse", Number: 4, Bits: 64, Gauge: true},
			{Name: "sockstat.TCP.mem", Number: 9, Bits: 64, Gauge: true, Host: true},
		}},
		{"what a protocol does not have", "protocols", "protocol size sockets memory press maxhdr\nPACKET 1 2 -1 NI 0\nTCP 1 3 43 yes 0 more\n", []Value{
			{Name: "protocols.sockets", Object: "PACKET", Number: 2, Bits: 64, Gauge: true},
			{Name: "protocols.sockets", Object: "TCP", Number: 3, Bits: 64, Gauge: true},
			{Name: "protocols.memory", Object: "TCP", Number: 43, Bits: 64, Gauge: true, Host: true},
			{Name: "protocols.pressure", Object: "TCP", Number: 1, Bits: 64, Gauge: true, Host: true},
		}},
		{"rows added, a level not", "arp_cache", "entries table_fulls\n00000003 0000000a\n00000003 00000001\n", []Value{
			{Name: "arp_cache.entries", Number: 3, Bits: wordBits, Gauge: true, Host: true},
			{Name: "arp_cache.table_fulls", Number: 11, Bits: wordBits, Host: true},
		}},
		{"rows added modulo their width", "nf_conntrack", "entries  drop\n00000001  ffffffff\n00000001  00000003\n", []Value{
			{Name: "nf_conntrack.entries", Number: 1, Bits: 32, Gauge: true},
			{Name: "nf_conntrack.drop", Number: 2, Bits: 32},
		}},
		{"a queue", "nfnetlink_queue", "    3  -812\n    3    812     5 2 65535     6     7       99  1\n", []Value{
			{Name: "nfnetlink_queue.queue_total", Object: "queue 3 portid 812", Number: 5, Bits: 32, Gauge: true},
			{Name: "nfnetlink_queue.queue_dropped", Object: "queue 3 portid 812", Number: 6, Bits: 32},
			{Name: "nfnetlink_queue.user_dropped", Object: "queue 3 portid 812", Number: 7, Bits: 32},
			{Name: "nfnetlink_queue.id_sequence", Object: "queue 3 portid 812", Number: 99, Bits: 32},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parse(t, test.source, test.text)
			if bad := strings.Contains(test.text, "-812"); (err != nil) != bad {
				t.Error(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestSoftnetTellsTheCPU(t *testing.T) {
	row := "00000001 00000000 00000000 0 0 0 0 0 0 0 0 00000000 "
	got, err := parse(t, "softnet", row+"00000000 7 8\n"+row+"00000003 0 0\n")
	if err != nil {
		t.Fatal(err)
	}
	var objects []string
	for _, v := range got {
		objects = append(objects, v.Object)
	}
	if diff := cmp.Diff([]string{"cpu 0", "cpu 3"}, slices.Compact(objects)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if sums := byName(got); sums["softnet.input_qlen"] != 7 || sums["softnet.process_qlen"] != 8 {
		t.Errorf("queue lengths: %v", sums)
	}
}
