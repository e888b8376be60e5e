package peer

import (
	"fmt"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// unfit are messages that no member sends in a packet, and that the engine would
// take.
func unfit() map[string]string {
	with := func(name string, v any) string {
		fields := []any{"Incarnation", 1, "Node", "n", "Addr", []byte(somewhere), "Port", 1513, "Meta", nil, "Vsn", versions}
		for i := range fields {
			if fields[i] == name {
				fields[i+1] = v
			}
		}
		return "\x04" + pack(fields...)
	}
	deep := "\x04\x81\xa1x" + strings.Repeat("\x91", 1900) + "\xc0"
	return map[string]string{
		"compressed":                      "\x09" + pack("Algo", 0, "Buf", strings.Repeat("x", 100)),
		"compressed in a compound":        compound(ping, "\x09"+pack("Algo", 0, "Buf", "x")),
		"compound in a compound":          compound(compound(ping)),
		"nothing in a compound":           compound(""),
		"no parts":                        compound(),
		"compound with less":              "\x07\x02\x00\x01",
		"compound with more":              compound(ping) + "x",
		"two that ask":                    compound(ping, ping),
		"asked after news":                compound(alive("x"), indirect),
		"checksum in a compound":          compound(withCRC(ping)),
		"push and pull":                   pushPull(),
		"empty name":                      with("Node", ""),
		"name with control characters":    with("Node", "a\x1b[2Jb"),
		"name that is no UTF-8":           with("Node", "a\xff"),
		"name that turns text round":      with("Node", "a\u202eb"),
		"name that is long":               with("Node", strings.Repeat("n", maxName+1)),
		"no address":                      with("Addr", nil),
		"short address":                   with("Addr", []byte{1, 2, 3}),
		"long address":                    with("Addr", make([]byte, 600)),
		"no host's address":               with("Addr", []byte{0, 0, 0, 0}),
		"address of many":                 with("Addr", []byte{224, 0, 0, 1}),
		"address of all":                  with("Addr", []byte{255, 255, 255, 255}),
		"port 0":                          with("Port", 0),
		"enormous port":                   with("Port", 1<<16),
		"negative":                        with("Port", -1),
		"port that is text":               with("Port", "1513"),
		"long meta":                       with("Meta", strings.Repeat("m", maxMeta+1)),
		"no versions":                     with("Vsn", nil),
		"one version":                     with("Vsn", []byte{1}),
		"seven versions":                  with("Vsn", []byte{1, 5, 2, 0, 0, 0, 0}),
		"version of the future only":      with("Vsn", []byte{3, 5, 3, 0, 0, 0}),
		"version of the past only":        with("Vsn", []byte{1, 1, 1, 0, 0, 0}),
		"other versions of the program":   with("Vsn", []byte{1, 5, 2, 1, 1, 1}),
		"incarnation 0":                   with("Incarnation", 0),
		"enormous incarnation":            with("Incarnation", math.MaxUint32+1),
		"field missing":                   "\x04" + pack("Incarnation", 1, "Node", "n"),
		"field twice":                     "\x0b" + pack("SeqNo", 1, "SeqNo", 2),
		"more behind":                     ping + "x",
		"deep":                            deep,
		"an array":                        "\x04\x96\x01\xa1n\xa4\x0a\x09\x08\x07\x01\xc0\xa0",
		"absurd length":                   "\x04\x81\xdb\xff\xff\xff\xff",
		"absurd map":                      "\x04\xdf\xff\xff\xff\xff",
		"no map":                          "\x04",
		"pinged for many":                 "\x00" + pack("SeqNo", 1, "Node", "", "SourceAddr", []byte{255, 255, 255, 255}, "SourcePort", 1),
		"asked to ping many":              "\x01" + pack("SeqNo", 1, "Target", []byte{224, 0, 0, 1}, "Port", 9, "Node", "", "Nack", true),
		"suspected by control characters": "\x03" + pack("Incarnation", 1, "Node", "n", "From", "\n"),
		"dead by nobody":                  "\x05" + pack("Incarnation", 1, "Node", "n", "From", ""),
		"error":                           "\x0d" + pack("Error", "x"),
	}
}

func TestUnfitPackets(t *testing.T) {
	f := frontOf(t, Config{Keys: [][]byte{key(1)}})
	for name, message := range unfit() {
		t.Run(name, func(t *testing.T) {
			before := f.counted.now()
			f.take(sealed(t, 1, message), friend)
			if diff := cmp.Diff(Counts{Malformed: 1}, f.counted.now().since(before)); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFitPackets holds what is taken, so that TestUnfitPackets is about what it
// says.
func TestFitPackets(t *testing.T) {
	f := frontOf(t, Config{})
	for name, message := range map[string]string{
		"ping": ping, "nack": nack, "indirect": indirect, "alive": alive("host ü"), "suspect": suspected("x", 3),
		"dead": "\x05" + pack("Incarnation", 1, "Node", "n", "From", "n"), "ack": "\x02" + pack("SeqNo", uint32(math.MaxUint32), "Payload", nil),
		"ping with a source":       "\x00" + pack("SeqNo", 1, "Node", "n", "SourceAddr", []byte(somewhere), "SourcePort", 1, "SourceNode", "m"),
		"field of another version": "\x0b" + pack("SeqNo", 1, "Later", "x", "And", nil),
		"compound":                 compound(indirect, alive("x"), suspected("x", 3)),
		"news only":                compound(alive("x"), alive("y")),
		"longest name":             alive(strings.Repeat("n", maxName)),
	} {
		if !f.take(inClear(message), friend) {
			t.Errorf("%s was refused", name)
		}
	}
}

// TestUnfitStreams holds that they do not reach the engine of a cluster with keys
// and of one without.
func TestUnfitStreams(t *testing.T) {
	refusals := map[string]string{
		"nothing": "", "compressed": "\x09" + pack("Algo", 0, "Buf", strings.Repeat("x", 100)),
		"bomb":              bomb(t),
		"unknown":           "\x0e",
		"more behind":       ping + "x",
		"more members":      "\x06" + pack("Nodes", 2, "UserStateLen", 0, "Join", true) + state("x", 0) + "x",
		"a million members": "\x06" + pack("Nodes", 1<<20, "UserStateLen", 0, "Join", true),
		"less than none":    "\x06" + pack("Nodes", -1, "UserStateLen", 0, "Join", true),
		"state of the user": "\x06" + pack("Nodes", 0, "UserStateLen", 1, "Join", true) + "x",
		"unknown state":     pushPull(state("x", 4)),
		"name":              pushPull(state("\x07", 0)),
		"long name":         pushPull(state(strings.Repeat("n", 60_000), 0)),
		"long message":      "\x08" + pack("UserMsgLen", maxStream+1),
		"ack unasked":       "\x02" + pack("SeqNo", 1, "Payload", nil),
		"error unasked":     "\x0d" + pack("Error", "x"),
		"alive":             alive("x"),
		"compound":          compound(ping),
	}
	for name, keys := range map[string][][]byte{"sealed": {key(1)}, "in clear": nil} {
		n, _ := start(t, Config{Name: "n", Keys: keys})
		want := Counts{}
		for what, message := range refusals {
			if keys == nil && message == "" {
				continue // is one that is silent
			}
			whole := inClear(message)
			if keys != nil {
				whole = sealedStream(t, 1, 1, message)
			}
			c := dial(t, "tcp", n.address())
			send(t, c, whole)
			gone(t, c)
			want.StreamsMalformed++
			t.Run(name+", "+what, func(t *testing.T) { waitFor(t, n.front, want) })
		}
	}
}

// TestStreamsThatAreNotOpened are those that an engine would read to their end.
func TestStreamsThatAreNotOpened(t *testing.T) {
	n, _ := start(t, Config{Name: "n", Keys: [][]byte{key(3)}})
	if err := n.UseKeys([][]byte{key(1)}); err != nil {
		t.Fatal(err)
	}
	forged := sealedStream(t, 1, 1, ping)
	forged[len(forged)-1] ^= 1
	want := Counts{}
	for _, s := range []struct {
		text    []byte
		counted *uint64
	}{
		{forged, &want.StreamsNotOpened},
		{sealedStream(t, 1, 2, ping), &want.StreamsNotOpened},
		{sealedStream(t, 2, 1, ping), &want.StreamsNotOpened},
		{inClear(ping), &want.StreamsNotOpened},
		{inClear("\x0a\x00\x00\x00\x00"), &want.StreamsNotOpened},
		{sealedStream(t, 1, 3, ping), &want.StreamsOldKey},
		{inClear("\x0a\xff\xff\xff\xff"), &want.StreamsMalformed},
	} {
		c := dial(t, "tcp", n.address())
		send(t, c, s.text)
		gone(t, c)
		*s.counted++
		waitFor(t, n.front, want)
	}
	for _, version := range []byte{0, 1} {
		message := ping
		if version == 0 {
			fill := 16 - len(ping)%16
			message += strings.Repeat(string(rune(fill)), fill)
		}
		send(t, dial(t, "tcp", n.address()), sealedStream(t, version, 1, message))
		want.StreamsTaken++
		waitFor(t, n.front, want)
	}
}

// TestUnfitAnswers holds that an answer harms the engine no more than a question.
func TestUnfitAnswers(t *testing.T) {
	n, _ := start(t, Config{Name: "n", Keys: [][]byte{key(1)}})
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	want := Counts{}
	for _, answer := range []string{
		"", "\x06" + pack("Nodes", 1<<20, "UserStateLen", 0, "Join", false), "\x0d" + pack("Error", "\x1b[2J"), told("x"), "\x09",
	} {
		ended := make(chan error)
		go func() {
			c, err := other.Accept()
			if err != nil {
				ended <- err
				return
			}
			defer c.Close()
			_, err = c.Write(sealedStream(t, 1, 1, answer)[len(labelHead):])
			ended <- err
			gone(t, c)
		}()
		if err := n.Join([]string{other.Addr().String()}); err == nil || !strings.Contains(err.Error(), errUnfit.Error()) {
			t.Errorf("%q: joined: %v", answer, err)
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		want.StreamsMalformed++
		waitFor(t, n.front, want)
	}
}

// TestTooMuchAsked holds that what costs the engine more is bounded by time.
func TestTooMuchAsked(t *testing.T) {
	f := frontOf(t, Config{})
	for range asksAtOnce + 20*asksPerSecond {
		f.take(inClear(indirect), friend)
	}
	if c := f.counted.now(); c.Busy == 0 {
		t.Errorf("%+v", c)
	}
	doubt := strings.Split(strings.Repeat(suspected("x", 1)+"|", 40), "|")[:40]
	packet := inClear(compound(doubt...))
	before := f.counted.now()
	for range doubtsAtOnce/40 + 20*doubtsPerSecond/40 {
		f.take(packet, friend)
	}
	if c := f.counted.now().since(before); c.Busy == 0 {
		t.Errorf("%+v", c)
	}
}

func TestAllowance(t *testing.T) {
	a := allowance{perSecond: 10, burst: 5}
	now := time.Unix(1, 0)
	for i, step := range []struct {
		after time.Duration
		n     int
		want  bool
	}{
		{0, 5, true}, {0, 1, false}, {0, 0, true}, {100 * time.Millisecond, 2, false}, {0, 1, true}, {-time.Hour, 1, false},
		{2 * time.Hour, 6, false}, {0, 5, true},
	} {
		if now = now.Add(step.after); a.take(step.n, now) != step.want {
			t.Errorf("step %d: not %v", i, step.want)
		}
	}
}

// TestInventedMembers holds that the engine keeps as many as it may, by packets
// and by streams, and that those that go do not make room at once.
func TestInventedMembers(t *testing.T) {
	n, _ := start(t, Config{Name: "n", Keys: [][]byte{key(1)}, MaxMembers: 10})
	c := dial(t, "udp", n.address())
	for i := range 20 {
		send(t, c, sealed(t, 1, alive(fmt.Sprint("packet ", i))))
	}
	eventually(t, "refusals", func() bool { return n.Counts().MembersFull == 11 })
	var states []string
	for i := range 20 {
		states = append(states, state(fmt.Sprint("stream ", i), 0))
	}
	send(t, dial(t, "tcp", n.address()), sealedStream(t, 1, 1, pushPull(states...)))
	eventually(t, "more refusals", func() bool { return n.Counts().MembersFull == 31 })
	for _, m := range n.Members() {
		if m.Name != "n" {
			send(t, c, sealed(t, 1, "\x05"+pack("Incarnation", 1, "Node", m.Name, "From", m.Name)))
		}
	}
	eventually(t, "only this host", func() bool { return len(n.Members()) == 1 })
	send(t, c, sealed(t, 1, alive("again")))
	eventually(t, "one more refusal", func() bool { return n.Counts().MembersFull == 32 })
	n.members.mu.Lock()
	n.members.swept, n.members.forget, n.members.probe = time.Time{}, 0, 0
	n.members.mu.Unlock()
	send(t, c, sealed(t, 1, alive("later")))
	eventually(t, "room", func() bool { _, ok := n.members.named("later"); return ok })
}

// TestOwnName holds that a host that others could not take does not start.
func TestOwnName(t *testing.T) {
	for _, name := range []string{"", "a\nb", strings.Repeat("n", maxName+1), "\xff"} {
		if n, err := Start(Config{Name: name, Bind: "127.0.0.1:0"}); err == nil {
			n.Close()
			t.Errorf("%q was taken", name)
		}
	}
}

// TestPushPullsWaitForTheirTurn holds that so many are answered at once.
func TestPushPullsWaitForTheirTurn(t *testing.T) {
	f, address := bounded(t, func(l *streamLimits) { l.pushPulls, l.label = 1, time.Second })
	send(t, dial(t, "tcp", address), inClear(pushPull()))
	first := engine(t, f)
	late := dial(t, "tcp", address)
	send(t, late, inClear(pushPull()))
	gone(t, late)
	waitFor(t, f, Counts{StreamsTaken: 1, StreamsFull: 1})
	send(t, dial(t, "tcp", address), inClear(ping))
	engine(t, f) // has no need to wait
	first.Close()
	send(t, dial(t, "tcp", address), inClear(pushPull()))
	engine(t, f)
}
