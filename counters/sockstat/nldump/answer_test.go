package nldump

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// message builds a netlink message, with its padding.
func message(kind, flags uint16, sequence uint32, data []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(headerBytes+len(data)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = binary.NativeEndian.AppendUint32(b, sequence)
	b = binary.NativeEndian.AppendUint32(b, 0)
	b = append(b, data...)
	return append(b, make([]byte, align(len(data))-len(data))...)
}

func code(errno int32) []byte {
	return binary.NativeEndian.AppendUint32(nil, uint32(-errno))
}

func join(messages ...[]byte) []byte {
	var b []byte
	for _, m := range messages {
		b = append(b, m...)
	}
	return b
}

func TestAnswer(t *testing.T) {
	const entry, intr = 20, unix.NLM_F_DUMP_INTR
	odd := errors.New("odd")
	for _, test := range []struct {
		name      string
		datagrams [][]byte
		yield     error
		want      []string
		err       error
	}{
		{"two datagrams", [][]byte{
			join(message(entry, 0, 1, []byte("a")), message(entry, 0, 1, []byte("bc"))),
			join(message(entry, 0, 1, []byte("d")), message(unix.NLMSG_DONE, 0, 1, code(0))),
		}, nil, []string{"a", "bc", "d"}, nil},
		{"nothing", [][]byte{message(unix.NLMSG_DONE, 0, 1, nil)}, nil, nil, nil},
		{"acknowledged", [][]byte{message(entry, 0, 1, []byte("a")), message(unix.NLMSG_ERROR, 0, 1, code(0))}, nil, []string{"a"}, nil},
		{"refused", [][]byte{message(unix.NLMSG_ERROR, 0, 1, code(int32(unix.EPERM)))}, nil, nil, unix.EPERM},
		{"refused late", [][]byte{message(unix.NLMSG_DONE, 0, 1, code(int32(unix.ENOENT)))}, nil, nil, unix.ENOENT},
		{"interrupted", [][]byte{
			message(entry, intr, 1, []byte("a")), message(entry, 0, 1, []byte("b")), message(unix.NLMSG_DONE, 0, 1, nil),
		}, nil, nil, ErrInterrupted},
		{"interrupted at the end", [][]byte{
			message(entry, 0, 1, []byte("a")), message(unix.NLMSG_DONE, intr, 1, code(0)),
		}, nil, []string{"a"}, ErrInterrupted},
		{"of another request", [][]byte{
			join(message(entry, 0, 7, []byte("a")), message(unix.NLMSG_DONE, 0, 7, nil)), message(unix.NLMSG_DONE, 0, 1, nil),
		}, nil, nil, nil},
		{"given up", [][]byte{
			join(message(entry, 0, 1, []byte("a")), message(entry, 0, 1, []byte("b"))), message(unix.NLMSG_DONE, 0, 1, nil),
		}, odd, []string{"a"}, odd},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			a := answer{sequence: 1, dump: true, yield: func(m Message) error {
				got = append(got, string(m.Data))
				return test.yield
			}}
			for i, datagram := range test.datagrams {
				if a.done {
					t.Fatalf("done before datagram %d", i)
				}
				a.datagram(datagram)
			}
			if !a.done || !errors.Is(a.err, test.err) {
				t.Errorf("done %v, error %v; want error %v", a.done, a.err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnswerBroken(t *testing.T) {
	long := message(20, 0, 1, []byte("a"))
	long[0] = 99
	tiny := message(20, 0, 1, []byte("a"))
	tiny[0] = 15
	for name, datagram := range map[string][]byte{
		"short":           {1, 2, 3},
		"too long":        long,
		"shorter than it": tiny,
		"result":          message(unix.NLMSG_ERROR, 0, 1, []byte{1}),
	} {
		a := answer{sequence: 1, yield: func(Message) error { return nil }}
		a.datagram(datagram)
		if a.err == nil || !a.done {
			t.Errorf("%s: done %v, error %v", name, a.done, a.err)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(join(message(20, 0, 1, []byte("abc")), message(unix.NLMSG_DONE, 0, 1, code(0))))
	f.Add(message(unix.NLMSG_ERROR, 0, 1, code(1)))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		total := 0
		a := answer{sequence: 1, dump: true, yield: func(m Message) error {
			if m.Length != headerBytes+len(m.Data) {
				t.Errorf("length %d with %d bytes of data", m.Length, len(m.Data))
			}
			total += m.Length
			return nil
		}}
		a.datagram(datagram)
		if total > len(datagram) {
			t.Errorf("%d bytes of messages in %d", total, len(datagram))
		}
	})
}
