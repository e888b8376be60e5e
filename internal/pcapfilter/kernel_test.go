package pcapfilter

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// attach asks the kernel to check a program.
func attach(t *testing.T, socket int, code []bpf.RawInstruction) error {
	t.Helper()
	filters := make([]unix.SockFilter, len(code))
	for i, c := range code {
		filters[i] = unix.SockFilter{Code: c.Op, Jt: c.Jt, Jf: c.Jf, K: c.K}
	}
	program := unix.SockFprog{Len: uint16(len(filters)), Filter: (*unix.SockFilter)(unsafe.Pointer(&filters[0]))}
	err := unix.SetsockoptSockFprog(socket, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
	runtime.KeepAlive(filters)
	return err
}

// TestKernelTakes: the kernel and golang.org/x/net take every program, and it
// has no more instructions than it should.
func TestKernelTakes(t *testing.T) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skip(err)
	}
	defer unix.Close(socket)
	list := append(expressions(t), manyHosts(160), "ether["+strings.Repeat("ether[", 40)+"1"+strings.Repeat("]", 41)+" = 1")
	for seed := range uint64(300) {
		list = append(list, newWriter(seed).expression(3))
	}
	taken := 0
	for _, l := range links {
		for _, expression := range list {
			p, err := Compile(expression, l.link)
			if err != nil {
				continue
			}
			taken++
			newVM(t, p.Instructions())
			if err := attach(t, socket, p.Instructions()); err != nil {
				t.Errorf("%s: %q: %v\n%v", l.name, expression, err, p)
			}
		}
	}
	if taken < 1000 {
		t.Errorf("only %d programs", taken)
	}
}

func manyHosts(n int) string {
	var hosts []string
	for i := range n {
		hosts = append(hosts, strings.Join([]string{"10.9", string(rune('0' + i/100)), string(rune('0'+i/10%10)) + string(rune('0'+i%10))}, "."))
	}
	return "host " + strings.Join(hosts, " or ")
}

// TestFarJumps: where a conditional jump does not reach, another one helps.
func TestFarJumps(t *testing.T) {
	expression := "(" + manyHosts(200) + ") and not (" + manyHosts(150) + " or port 80)"
	p, err := Compile(expression, Ethernet)
	if err != nil {
		t.Fatal(err)
	}
	code := p.Instructions()
	if len(code) < 1000 || !slices.ContainsFunc(code, func(i bpf.RawInstruction) bool { return i.Op == opcodeJump }) {
		t.Fatalf("%d instructions without a far jump", len(code))
	}
	vm := newVM(t, code)
	frame := append([]byte("\x00\x11\x22\x33\x44\x55\x02\x00\x00\x00\x00\x01\x08\x00"), newMaker().ipv4()...)
	frame[14], frame[23] = 0x45, 1
	for _, test := range []struct {
		host byte // 10.9.1.host
		want bool
	}{{0, true}, {49, true}, {50, true}, {99, true}, {100, false}} {
		copy(frame[26:], []byte{10, 9, 1, test.host})
		want := test.want && test.host >= 50
		n, err := vm.Run(frame)
		if err != nil || (n != 0) != want || p.Match(frame, len(frame)) != want {
			t.Errorf("host %d: %d %v, want %v", test.host, n, err, want)
		}
	}
}
