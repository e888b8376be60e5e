package nldump

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

var errBadRow = errors.New("bad row")

// rows collects what is in the messages of an answer.
func rows(c *Conn) ([]string, error) {
	return Collect(c, Request{Type: 18, Body: []byte("ask!")}, []string{"first"}, func(to []string, m Message) ([]string, error) {
		if string(m.Data) == "bad." {
			return to, errBadRow
		}
		return append(to, string(m.Data)), nil
	})
}

func TestCollect(t *testing.T) {
	c, k := pair(t, 0)
	datagrams := [][]byte{
		join(row(0, 1, "one."), row(0, 0, "old."), message(unix.NLMSG_NOOP, 2, 1)),
		row(0, 1, "two."),
		done(1, 0),
	}
	k.answers(datagrams...)
	got, err := rows(c)
	if diff := cmp.Diff([]string{"first", "one.", "two."}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if want := uint64(len(join(datagrams...))); c.Received() != want {
		t.Errorf("received %d bytes, want %d", c.Received(), want)
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

// The answer to a single question ends with an acknowledgement.
func TestAskSingle(t *testing.T) {
	c, k := pair(t, 0)
	k.answers(row(unix.NLM_F_DUMP_INTR, 1, "one"), failed(0, 0))
	var got []Message
	err := c.Ask(Request{Type: 18, Single: true}, func(m Message) error {
		m.Data = append([]byte(nil), m.Data...)
		got = append(got, m)
		return nil
	})
	if diff := cmp.Diff([]Message{{Type: 16, Length: 19, Data: []byte("one")}}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	request := make([]byte, 64)
	n, err := k.far.Read(request)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(message(18, unix.NLM_F_REQUEST|unix.NLM_F_ACK, 1), request[:n]); diff != "" {
		t.Error(diff)
	}
}

// A table that changed is read again, until it is whole or there was enough.
func TestInterrupted(t *testing.T) {
	c, k := pair(t, 0)
	const changed = unix.NLM_F_DUMP_INTR
	k.answers(
		join(row(changed, 1, "half"), done(1, 0)),
		// The mark may be on the last message alone.
		join(row(0, 2, "half"), message(unix.NLMSG_DONE, unix.NLM_F_MULTI|changed, 2, 0, 0, 0, 0)),
		join(row(0, 3, "all."), done(3, 0)),
	)
	got, err := rows(c)
	if diff := cmp.Diff([]string{"first", "all."}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for i := uint32(4); i < 4+attempts; i++ {
		k.answers(join(row(changed, i, "half"), done(i, 0)))
	}
	if got, err := rows(c); !errors.Is(err, ErrInterrupted) || got != nil {
		t.Errorf("got %v, error %v", got, err)
	}
	// Whoever does not collect sees everything, and that it was torn.
	k.answers(join(row(changed, 9, "one"), row(0, 9, "two"), done(9, 0)))
	seen := 0
	if err := c.Ask(Request{}, func(Message) error { seen++; return nil }); !errors.Is(err, ErrInterrupted) || seen != 2 {
		t.Errorf("%d rows, error %v", seen, err)
	}
}

func TestFailures(t *testing.T) {
	words := Append(nil, unix.NLMSGERR_ATTR_MSG, []byte("no such thing\x00"))
	const tlvs = unix.NLM_F_ACK_TLVS
	for name, test := range map[string]struct {
		answer []byte
		want   error
		text   string
	}{
		"error":              {failed(unix.EPERM, 0, make([]byte, 16)...), unix.EPERM, "operation not permitted"},
		"error at the end":   {done(1, -int32(unix.ENODEV)), unix.ENODEV, "no such device"},
		"error with words":   {failed(unix.EINVAL, tlvs|unix.NLM_F_CAPPED, append(make([]byte, 16), words...)...), unix.EINVAL, "invalid argument: no such thing"},
		"error with request": {failed(unix.EINVAL, tlvs, append(message(18, 0, 1, 1, 2, 3, 4), words...)...), unix.EINVAL, "invalid argument: no such thing"},
		"end with words":     {message(unix.NLMSG_DONE, tlvs, 1, append(Uint32(uint32(0xffffffff)), words...)...), unix.EPERM, "operation not permitted: no such thing"},
		"error over changed": {join(row(unix.NLM_F_DUMP_INTR, 1, "half"), done(1, -int32(unix.ENODEV))), unix.ENODEV, "no such device"},
		"bad row":            {join(row(0, 1, "bad."), row(0, 1, "next"), done(1, 0)), errBadRow, "bad row"},
		"bad row over error": {join(row(0, 1, "bad."), done(1, -int32(unix.ENODEV))), errBadRow, "bad row"},
		"bad row, no end":    {join(row(0, 1, "bad."), []byte{1, 2, 3}), errBadRow, "bad row\nread answer: 3 bytes are no netlink message"},
		"short verdict":      {message(unix.NLMSG_ERROR, 0, 1, 1), nil, "the kernel's verdict has 1 bytes, not 4"},
		"short end":          {message(unix.NLMSG_DONE, 0, 1, 1), nil, "the kernel's verdict has 1 bytes, not 4"},
		"short header":       {[]byte{1, 2, 3}, nil, "read answer: 3 bytes are no netlink message"},
		"short message":      {append(Uint32(15), make([]byte, 12)...), nil, "read answer: message says it has 15 bytes where there are 16"},
		"lying length":       {append(Uint32(90), make([]byte, 12)...), nil, "read answer: message says it has 90 bytes where there are 16"},
		"negative length":    {append(Uint32(1<<32-1), make([]byte, 12)...), nil, "read answer: message says it has 4294967295 bytes where there are 16"},
		"long datagram":      {row(0, 1, string(make([]byte, 200))), nil, "receive answer: datagram of 216 bytes is longer than the 128 of the buffer"},
	} {
		t.Run(name, func(t *testing.T) {
			c, k := pair(t, 128)
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
	c, k := pair(t, 0)
	k.answers([]byte("garbage"), row(0, 1, "left"), done(1, 0), row(0, 2, "new."), message(unix.NLMSG_DONE, 0, 2))
	if _, err := rows(c); err == nil {
		t.Fatal("garbage is taken")
	}
	got, err := rows(c)
	if diff := cmp.Diff([]string{"first", "new."}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// What the filter has cut is passed over, and taken for a fault without one.
func TestCut(t *testing.T) {
	for _, filtered := range []bool{true, false} {
		c, k := pair(t, 0)
		c.cuts = filtered
		k.answers(row(0, 1, "one."), row(0, 1, "quiet")[:messageHeader], row(0, 1, ""), done(1, 0))
		var want []string
		if filtered {
			want = []string{"first", "one.", ""}
		}
		got, err := rows(c)
		if diff := cmp.Diff(want, got); diff != "" || (err == nil) != filtered {
			t.Errorf("filtered %v: error %v %s", filtered, err, diff)
		}
	}
}

// Close ends a reading that waits.
func TestClose(t *testing.T) {
	c, k := pair(t, 0)
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
	if _, err := rows(c); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: error %v", err)
	}
}

// Neither messages nor datagrams nor answers cost an allocation.
func TestAskAllocatesNothing(t *testing.T) {
	c, k := pair(t, 0)
	body := Request{Type: 18, Body: []byte("ask!")}
	attribute := string(Append(nil, 1, Uint32(7)))
	request := make([]byte, 64)
	seen := uint32(0)
	each := func(m Message) error {
		a := Walk(m.Data)
		for a.Next() {
			seen += a.Uint32("A")
		}
		return a.Err()
	}
	const runs, rowsOfAnswer = 20, 12
	var answers [][]byte // made before: only Ask is measured
	for i := range uint32(runs + 1) {
		one := row(0, i+1, attribute)
		answers = append(answers, join(one, one, one, one), join(one, one, one, one), join(one, one, one, one, done(i+1, 0)))
	}
	n := testing.AllocsPerRun(runs, func() {
		k.answers(answers[:3]...)
		answers = answers[3:]
		if err := c.Ask(body, each); err != nil {
			t.Fatal(err)
		}
		if _, err := k.far.Read(request); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 || seen != 7*rowsOfAnswer*(runs+1) {
		t.Errorf("%v allocations for an answer of %d rows, sum %d", n, rowsOfAnswer, seen)
	}
}
