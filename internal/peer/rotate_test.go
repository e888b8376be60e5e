package peer

import (
	"fmt"
	"slices"
	"testing"
)

// Keys are changed while records flow: first everybody learns the new one, then
// it is used, then the old one goes. What comes with it then is counted apart.
func TestUseKeys(t *testing.T) {
	n, box := start(t, Config{Name: "n", Collector: true, Keys: [][]byte{key(1)}})
	mute, _ := start(t, Config{Name: "mute", Mute: true, Keys: [][]byte{key(1)}, Collectors: []string{n.address()}})
	late, _ := start(t, Config{Name: "late", Mute: true, Keys: [][]byte{key(1)}, Collectors: []string{n.address()}})
	send := func(from *Node, text string) {
		t.Helper()
		if err := from.Send([][]byte{[]byte(text)}); err != nil {
			t.Fatal(err)
		}
	}
	sent := Counts{}
	for i, step := range []struct {
		node *Node
		keys [][]byte
		old  bool // the host that is late is not heard any more
	}{
		{n, [][]byte{key(1)}, false},
		{n, [][]byte{key(1), key(2)}, false}, {mute, [][]byte{key(1), key(2)}, false},
		{mute, [][]byte{key(2), key(1)}, false}, {n, [][]byte{key(2), key(1)}, false},
		{n, [][]byte{key(2)}, true}, {mute, [][]byte{key(2)}, true},
		{n, [][]byte{key(2), key(1)}, false}, // taken back
		{n, [][]byte{key(2), key(3)}, true},
	} {
		if err := step.node.UseKeys(step.keys); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("step %d", i)
		send(mute, text)
		send(late, text+", late")
		sent.Records++
		if step.old {
			sent.OldKey++
		} else {
			sent.Records++
		}
		waitFor(t, n.front, sent)
		if box.count(text) != 1 || (box.count(text+", late") == 0) != step.old {
			t.Errorf("%s: %v", text, box.packets)
		}
	}
	clear, _ := start(t, Config{Name: "clear"})
	if err := clear.UseKeys([][]byte{key(1)}); err == nil {
		t.Error("a cluster in clear takes keys")
	}
	for _, keys := range [][][]byte{nil, {{1, 2}}, {key(1), nil}} {
		if err := n.UseKeys(keys); err == nil {
			t.Errorf("%v was taken", keys)
		}
	}
	waitFor(t, n.front, sent)
	send(mute, "the last")
	eventually(t, "the last", func() bool { return box.count("the last") == 1 })
}

// TestUseKeysOrder holds that the engine has the keys in their order, and no other
// one.
func TestUseKeysOrder(t *testing.T) {
	n, _ := start(t, Config{Name: "n", Keys: [][]byte{key(1)}})
	for _, numbers := range [][]byte{{1, 2, 3}, {3, 1}, {1, 3, 4, 5}, {5, 3}, {9}, {9, 8, 9}, {1, 2, 3}} {
		var keys, want [][]byte
		for _, b := range numbers {
			keys = append(keys, key(b))
			if !slices.ContainsFunc(want, func(k []byte) bool { return k[0] == b }) {
				want = append(want, key(b))
			}
		}
		if err := n.UseKeys(keys); err != nil {
			t.Fatal(err)
		}
		if got := n.ring.GetKeys(); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%v became %v", numbers, got)
		}
	}
}

// TestRemovedKeysAreBounded holds that the last to go are remembered.
func TestRemovedKeysAreBounded(t *testing.T) {
	o, err := newOpener([][]byte{key(0)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range byte(40) {
		next, err := newOpener([][]byte{key(i + 1)})
		if err != nil {
			t.Fatal(err)
		}
		next.after(o)
		o = next
	}
	// 40 is in use
	for i, want := range map[byte]opening{40: opened, 39: openedOld, 24: openedOld, 23: notOpened, 0: notOpened} {
		if _, got := o.open(nil, sealed(t, i, user("x"))[len(labelHead):]); got != want {
			t.Errorf("key %d: %v, want %v", i, got, want)
		}
	}
	if len(o.removed) != maxRemoved {
		t.Errorf("%d are remembered", len(o.removed))
	}
}

// TestUseKeysWhileAllTalk changes keys while members talk by packets and streams,
// for the race detector.
func TestUseKeysWhileAllTalk(t *testing.T) {
	keys := [][]byte{key(1), key(2), key(3), key(4)}
	a, box := start(t, Config{Name: "a", Collector: true, Keys: keys})
	b, _ := start(t, Config{Name: "b", Keys: keys})
	if err := b.Join([]string{a.address()}); err != nil {
		t.Fatal(err)
	}
	stop, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				_ = b.Send([][]byte{[]byte("record")})
				_ = b.SendReliable("a", []byte("message"))
			}
		}
	}()
	for i := range 60 {
		// key 1 is used by b and stays, now before and now after the one that goes
		change := [][]byte{key(byte(i%3 + 2)), key(1)}
		if i%2 == 0 {
			slices.Reverse(change)
		}
		if err := a.UseKeys(change); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	<-ended
	if err := b.Send([][]byte{[]byte("last")}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the last", func() bool { return box.count("last") == 1 })
	if c := a.Counts(); c.NotOpened != 0 {
		t.Errorf("%+v", c)
	}
}
