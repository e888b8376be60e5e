package scenario

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

func TestMessagesRoundTrip(t *testing.T) {
	requests := []netlink.Message{
		{Header: netlink.Header{Type: 7, Flags: netlink.Dump}, Data: []byte{1, 2, 3}},
		{Header: netlink.Header{Type: 8}},
	}
	text, err := joinRequests(requests)
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseMessages(text)
	if err != nil {
		t.Fatal(err)
	}
	want := []netlink.Message{
		{Header: netlink.Header{Length: 20, Type: 7, Flags: netlink.Request | netlink.Dump}, Data: []byte{1, 2, 3, 0}},
		{Header: netlink.Header{Length: 16, Type: 8, Flags: netlink.Request, Sequence: 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for cut := 1; cut < len(text); cut++ {
		if _, err := parseMessages(text[:cut]); err == nil && cut != 20 {
			t.Errorf("%d bytes of %d are messages", cut, len(text))
		}
	}
}

func TestParseRefusal(t *testing.T) {
	for _, tt := range []struct {
		data []byte
		want error
	}{
		{[]byte{0, 0, 0, 0}, nil},
		{[]byte{0xff, 0xff, 0xff, 0xff, 9}, unix.EPERM},
	} {
		if err := parseRefusal(netlink.Message{Data: tt.data}); !errors.Is(err, tt.want) {
			t.Errorf("%v: %v", tt.data, err)
		}
	}
	if err := parseRefusal(netlink.Message{Data: []byte{0, 0, 0}}); err == nil {
		t.Error("a short end is no refusal")
	}
}

func TestIndexes(t *testing.T) {
	all := interfaces()
	seen := map[uint32]string{}
	for name, index := range all {
		if other, ok := seen[index]; ok {
			t.Errorf("%s and %s have index %d", name, other, index)
		}
		seen[index] = name
	}
	if len(all) != 7 || all[loopback] != 1 {
		t.Errorf("interfaces %v", all)
	}
}

func TestHasLocalRoute(t *testing.T) {
	const text = "fd000011000100000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001       ab\n" +
		"fd000011000100000000000000000002 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 00000001       ba\n"
	if !hasLocalRoute(text, endOf("ab")) {
		t.Error("the address of ab is not there")
	}
	if hasLocalRoute(text, endOf("ba")) {
		t.Error("a route that is not local is taken for one")
	}
	other := endOf("ab")
	other.name = "cb"
	if hasLocalRoute(text, other) {
		t.Error("the route of another interface is taken")
	}
}

func FuzzParseAnswers(f *testing.F) {
	text, err := joinRequests([]netlink.Message{{Data: []byte{1}}, {}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		messages, err := parseMessages(text)
		if err != nil && messages != nil {
			t.Error("messages beside an error")
		}
		for _, m := range messages {
			if len(m.Data)+unix.NLMSG_HDRLEN > len(text) {
				t.Errorf("message of %d bytes out of %d", len(m.Data), len(text))
			}
			_ = parseRefusal(m)
		}
	})
}
