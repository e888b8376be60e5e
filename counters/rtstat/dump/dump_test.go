package dump

import (
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// A kernel plays the other end of a netlink socket.
type kernel struct {
	t   *testing.T
	far *os.File
}

func pair(t *testing.T) (*Conn, *kernel) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	near, far := os.NewFile(uintptr(fds[0]), "near"), os.NewFile(uintptr(fds[1]), "far")
	c, err := newConn(near)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); far.Close() })
	return c, &kernel{t, far}
}

func message(kind, flags uint16, sequence uint32, body ...byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(messageHeader+len(body)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = binary.NativeEndian.AppendUint32(b, sequence)
	b = binary.NativeEndian.AppendUint32(b, 0)
	b = append(b, body...)
	return append(b, make([]byte, align(len(body))-len(body))...)
}

func done(sequence uint32, errno int32) []byte {
	return message(unix.NLMSG_DONE, unix.NLM_F_MULTI, sequence, Uint32(uint32(errno))...)
}

// answers sends datagrams. The socket holds them until they are read.
func (k *kernel) answers(datagrams ...[]byte) {
	k.t.Helper()
	for _, d := range datagrams {
		if _, err := k.far.Write(d); err != nil {
			k.t.Fatal(err)
		}
	}
}

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// rows collects the bodies of an answer.
func rows(c *Conn) ([]string, error) {
	return Collect(c, Request{Type: 18, Body: []byte("ask!")}, []string{"first"}, func(to []string, m Message) ([]string, error) {
		if string(m.Data) == "bad." {
			return to, errors.New("bad row")
		}
		return append(to, string(m.Data)), nil
	})
}

func TestCollect(t *testing.T) {
	c, k := pair(t)
	k.answers(
		join(message(16, 2, 1, []byte("one.")...), message(16, 2, 0, []byte("old.")...), message(unix.NLMSG_NOOP, 2, 1)),
		join(message(16, 2, 1, []byte("two.")...)),
		done(1, 0),
	)
	got, err := rows(c)
	if diff := cmp.Diff([]string{"first", "one.", "two."}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	request := make([]byte, 64)
	n, err := k.far.Read(request)
	if err != nil {
		t.Fatal(err)
	}
	want := message(18, unix.NLM_F_REQUEST|unix.NLM_F_DUMP, 1, []byte("ask!")...)
	if diff := cmp.Diff(want, request[:n]); diff != "" {
		t.Error(diff)
	}
}

// A table that changed is read again, until it is whole or there was enough.
func TestInterrupted(t *testing.T) {
	c, k := pair(t)
	const changed = unix.NLM_F_MULTI | unix.NLM_F_DUMP_INTR
	k.answers(
		join(message(16, changed, 1, []byte("half")...), done(1, 0)),
		// The mark may be on the last message alone.
		join(message(16, 2, 2, []byte("half")...), message(unix.NLMSG_DONE, changed, 2, 0, 0, 0, 0)),
		join(message(16, 2, 3, []byte("all.")...), done(3, 0)),
	)
	got, err := rows(c)
	if diff := cmp.Diff([]string{"first", "all."}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for i := uint32(4); i < 4+attempts; i++ {
		k.answers(join(message(16, changed, i, []byte("half")...), done(i, 0)))
	}
	if got, err := rows(c); !errors.Is(err, ErrInterrupted) || got != nil {
		t.Errorf("got %v, error %v", got, err)
	}
}

func TestFailures(t *testing.T) {
	words := Append(nil, unix.NLMSGERR_ATTR_MSG, []byte("no such thing\x00"))
	failed := func(errno unix.Errno, flags uint16, rest ...byte) []byte {
		return message(unix.NLMSG_ERROR, flags, 1, append(Uint32(uint32(-int32(errno))), rest...)...)
	}
	for name, test := range map[string]struct {
		answer []byte
		want   error
		text   string
	}{
		"error":              {failed(unix.EPERM, 0, make([]byte, 16)...), unix.EPERM, "operation not permitted"},
		"error at the end":   {done(1, -int32(unix.ENODEV)), unix.ENODEV, "no such device"},
		"error with words":   {failed(unix.EINVAL, unix.NLM_F_ACK_TLVS|unix.NLM_F_CAPPED, append(make([]byte, 16), words...)...), unix.EINVAL, "invalid argument: no such thing"},
		"error with request": {failed(unix.EINVAL, unix.NLM_F_ACK_TLVS, append(message(18, 0, 1, 1, 2, 3, 4), words...)...), unix.EINVAL, "invalid argument: no such thing"},
		"end with words":     {message(unix.NLMSG_DONE, unix.NLM_F_ACK_TLVS, 1, append(Uint32(uint32(0xffffffff)), words...)...), unix.EPERM, "operation not permitted: no such thing"},
		"bad row":            {join(message(16, 2, 1, []byte("bad.")...), message(16, 2, 1, []byte("next")...), done(1, 0)), nil, "bad row"},
		"short verdict":      {message(unix.NLMSG_ERROR, 0, 1, 1), nil, "the kernel's verdict has 1 bytes, not 4"},
		"short header":       {[]byte{1, 2, 3}, nil, "read answer: 3 bytes are no netlink message"},
		"long message":       {Uint32(17), nil, "read answer: 4 bytes are no netlink message"},
		"lying length":       {append(Uint32(90), make([]byte, 12)...), nil, "read answer: message says it has 90 bytes where there are 16"},
	} {
		t.Run(name, func(t *testing.T) {
			c, k := pair(t)
			k.answers(test.answer)
			got, err := rows(c)
			if err == nil || err.Error() != test.text || test.want != nil && !errors.Is(err, test.want) || got != nil {
				t.Errorf("got %v, error %q, want %q", got, err, test.text)
			}
		})
	}
}

// After an error the connection works on: what is left of the answer is skipped.
func TestAfterError(t *testing.T) {
	c, k := pair(t)
	k.answers([]byte("garbage"), message(16, 2, 1, []byte("left")...), done(1, 0), message(16, 2, 2, []byte("new.")...), done(2, 0))
	if _, err := rows(c); err == nil {
		t.Fatal("garbage is taken")
	}
	got, err := rows(c)
	if diff := cmp.Diff([]string{"first", "new."}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// Close ends a reading that waits.
func TestClose(t *testing.T) {
	c, k := pair(t)
	failed := make(chan error)
	go func() {
		_, err := rows(c)
		failed <- err
	}()
	if _, err := k.far.Read(make([]byte, 64)); err != nil && !errors.Is(err, unix.EAGAIN) {
		t.Fatal(err)
	}
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Error(err)
	}
	select {
	case err := <-failed:
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("error %v", err)
		}
	case <-time.After(3 * time.Second):
		t.Error("it waits on")
	}
}

func TestAttributes(t *testing.T) {
	data := Append(nil, 1, Uint32(7))
	data = Append(data, 2|unix.NLA_F_NESTED, Append(nil, 3, []byte("text\x00more")))
	data = Append(data, 4, nil)
	a := Walk(data)
	if !a.Next() || a.Type() != 1 || a.Uint32("x") != 7 {
		t.Errorf("first: %+v", a)
	}
	if !a.Next() || a.Type() != 2 {
		t.Errorf("second: %+v", a)
	}
	inner := a.Nest()
	if !inner.Next() || inner.Type() != 3 || string(inner.Text()) != "text" || inner.Next() || inner.Err() != nil {
		t.Errorf("inside: %+v", inner)
	}
	if !a.Next() || len(a.Bytes()) != 0 || a.Next() || a.Err() != nil {
		t.Errorf("last: %+v", a)
	}
}

func TestAttributeFaults(t *testing.T) {
	five := Append(nil, 9, make([]byte, 5))
	for want, read := range map[string]func() Attributes{
		"3 stray bytes after the last attribute":           func() Attributes { a := Walk([]byte{1, 2, 3}); a.Next(); return a },
		"attribute 2 says it has 9 bytes where 4 are left": func() Attributes { a := Walk([]byte{9, 0, 2, 0}); a.Next(); return a },
		"attribute 2 says it has 3 bytes where 4 are left": func() Attributes { a := Walk([]byte{3, 0, 2, 0}); a.Next(); return a },
		"attribute A: has 5 bytes, not 1":                  func() Attributes { a := Walk(five); a.Next(); a.Uint8("A"); return a },
		"attribute A: has 5 bytes, not 2":                  func() Attributes { a := Walk(five); a.Next(); a.Uint16("A"); return a },
		"attribute A: has 5 bytes, not 4":                  func() Attributes { a := Walk(five); a.Next(); a.Uint32("A"); a.Uint8("B"); return a },
		"attribute A: has 5 bytes, not 8":                  func() Attributes { a := Walk(five); a.Next(); a.Uint64("A"); return a },
		"attribute A: 5 bytes are no number":               func() Attributes { a := Walk(five); a.Next(); a.Number("A"); return a },
		"attribute A: attribute B: has 0 bytes, not 4":     nested,
	} {
		a := read()
		if err := a.Err(); err == nil || err.Error() != want || a.Next() {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func nested() Attributes {
	a := Walk(Append(nil, 1, Append(nil, 2, nil)))
	a.Next()
	inner := a.Nest()
	inner.Next()
	inner.Uint32("B")
	a.Fail("A", inner.Err())
	return a
}

// Whatever arrives: the walk ends, and stays within the bytes.
func FuzzAttributes(f *testing.F) {
	f.Add(Append(Append(nil, 1, Uint32(7)), 2, []byte("text")))
	f.Add([]byte{5, 0, 1, 0, 9})
	f.Add([]byte{0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		total := 0
		a := Walk(data)
		for a.Next() {
			total += attributeHeader + len(a.Bytes())
			if strings.ContainsRune(string(a.Text()), 0) || cap(a.Bytes()) != len(a.Bytes()) {
				t.Fatal("text with NUL, or room behind the attribute")
			}
		}
		if total > len(data) || a.Err() == nil && total+3*total/attributeHeader < len(data) {
			t.Fatalf("%d bytes of %d", total, len(data))
		}
	})
}

// Whatever arrives as an answer: reading ends, with the whole rows before the
// first fault.
func FuzzAnswer(f *testing.F) {
	f.Add(join(message(16, 2, 1, 1, 2, 3), done(1, 0)))
	f.Add(message(unix.NLMSG_ERROR, unix.NLM_F_ACK_TLVS, 1, append(Uint32(0xfffffff0), make([]byte, 24)...)...))
	f.Add(message(unix.NLMSG_ERROR, unix.NLM_F_ACK_TLVS, 1, 0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))
	f.Fuzz(func(t *testing.T, data []byte) {
		total := 0
		a := answer{sequence: 1, each: func(m Message) error {
			total += messageHeader + len(m.Data)
			return nil
		}}
		err := a.datagram(data)
		if total > len(data) {
			t.Fatalf("%d bytes of rows in %d", total, len(data))
		}
		if err == nil && !a.done && a.result() != nil && !a.interrupted {
			t.Fatalf("error %v before the end", a.result())
		}
	})
}
