package hoststat

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"
)

// fakeBus is a socket that treats each connection as told.
func fakeBus(t *testing.T, serve func(net.Conn)) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "bus")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		group.Wait()
	})
	return socket
}

// greet lets a client in, and says OK to its greeting.
func greet(conn net.Conn) (*bufio.Reader, bool) {
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadString('\n')
		switch {
		case err != nil:
			return in, false
		case strings.TrimLeft(line, "\x00") == "AUTH\r\n":
			io.WriteString(conn, "REJECTED EXTERNAL\r\n")
		case line == "AUTH EXTERNAL\r\n":
			io.WriteString(conn, "DATA\r\n")
		case strings.HasPrefix(line, "DATA"):
			io.WriteString(conn, "OK 0123456789abcdef0123456789abcdef\r\n")
		case strings.HasPrefix(line, "BEGIN"):
			return in, true
		default:
			io.WriteString(conn, "ERROR\r\n")
		}
	}
}

// respond answers calls; nil means not at all.
func respond(conn net.Conn, answer func(member string) *dbus.Message) {
	in, ok := greet(conn)
	if !ok {
		return
	}
	for serial := uint32(1); ; serial++ {
		m, err := dbus.DecodeMessage(in)
		if err != nil {
			return
		}
		member, _ := m.Headers[dbus.FieldMember].Value().(string)
		a := &dbus.Message{Type: dbus.TypeMethodReply, Body: []any{":1.7"}}
		if member != "Hello" {
			a = answer(member)
		}
		if a == nil {
			continue
		}
		reply := *a
		reply.Headers = map[dbus.HeaderField]dbus.Variant{dbus.FieldReplySerial: dbus.MakeVariant(m.Serial())}
		for field, value := range a.Headers {
			reply.Headers[field] = value
		}
		if len(a.Body) > 0 {
			reply.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(a.Body...))
		}
		if err := encode(conn, &reply, serial); err != nil {
			return
		}
	}
}

// encode writes a message with its number, which the library keeps to itself.
func encode(to io.Writer, m *dbus.Message, serial uint32) error {
	var b bytes.Buffer
	if err := m.EncodeTo(&b, binary.LittleEndian); err != nil {
		return err
	}
	binary.LittleEndian.PutUint32(b.Bytes()[8:], serial)
	_, err := to.Write(b.Bytes())
	return err
}

func failure(name string) *dbus.Message {
	return &dbus.Message{Type: dbus.TypeError, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldErrorName: dbus.MakeVariant(name)}}
}

// TestLogindErrors holds that a bus that fails costs no more than the time-out,
// and is then left alone; and that a host without logind is no fault.
func TestLogindErrors(t *testing.T) {
	swallow := func(conn net.Conn) { io.Copy(io.Discard, conn) }
	for _, test := range []struct {
		name  string
		serve func(net.Conn)
		quiet bool // means that there is no logind
		want  string
	}{
		{"silence", swallow, false, "no answer within 100ms"},
		{"silence after the greeting", func(c net.Conn) { greet(c); swallow(c) }, false, "no answer within 100ms"},
		{"no answer to a call", func(c net.Conn) { respond(c, func(string) *dbus.Message { return nil }) }, false, "no answer within 100ms"},
		{"closed at once", func(net.Conn) {}, false, "ask systemd-logind"},
		{"nonsense", func(c net.Conn) { greet(c); c.Write([]byte(strings.Repeat("x", 64))); swallow(c) }, false, "ask systemd-logind"},
		{"a flood", func(c net.Conn) {
			greet(c)
			for _, err := c.Write(make([]byte, 1<<16)); err == nil; _, err = c.Write(make([]byte, 1<<16)) {
			}
		}, false, "ask systemd-logind"},
		{"no logind", func(c net.Conn) {
			respond(c, func(string) *dbus.Message { return failure("org.freedesktop.DBus.Error.NameHasNoOwner") })
		}, true, ""},
		{"forbidden", func(c net.Conn) {
			respond(c, func(string) *dbus.Message { return failure("org.freedesktop.DBus.Error.AccessDenied") })
		}, false, "AccessDenied"},
		{"another list", func(c net.Conn) {
			respond(c, func(string) *dbus.Message {
				return &dbus.Message{Type: dbus.TypeMethodReply, Body: []any{[]string{"a"}}}
			})
		}, false, "decode list"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var calls atomic.Int32
			l := logind{limit: 10, timeout: 100 * time.Millisecond}
			l.socket = fakeBus(t, func(c net.Conn) {
				calls.Add(1)
				test.serve(c)
			})
			defer l.close()
			_, _, err := l.sessions(t.Context(), noon())
			if errors.Is(err, errNoLogind) != test.quiet || err == nil || !test.quiet && !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %q", err, test.want)
			}
			if test.quiet {
				return
			}
			if _, _, again := l.sessions(t.Context(), noon().Add(logindPause-1)); again != err || calls.Load() != 1 {
				t.Errorf("error %v, asked %d times", again, calls.Load())
			}
			if _, _, err = l.sessions(t.Context(), noon().Add(logindPause)); err == nil || calls.Load() != 2 {
				t.Errorf("error %v, asked %d times", err, calls.Load())
			}
		})
	}
	l := logind{socket: filepath.Join(t.TempDir(), "none"), timeout: time.Second}
	if _, _, err := l.sessions(t.Context(), noon()); !errors.Is(err, errNoLogind) {
		t.Errorf("without a socket: %v", err)
	}
}

// TestEndedSession is one that ends while it is asked for, and a bus that is
// started anew between two samples.
func TestEndedSession(t *testing.T) {
	type row struct {
		ID   string
		UID  uint32
		User string
		Seat string
		Path dbus.ObjectPath
	}
	var connections atomic.Int32
	l := logind{limit: 10, timeout: 10 * time.Second}
	l.socket = fakeBus(t, func(c net.Conn) {
		connections.Add(1)
		asked := 0
		respond(c, func(member string) *dbus.Message {
			if member == "ListSessions" {
				return &dbus.Message{Type: dbus.TypeMethodReply, Body: []any{[]row{{"1", 0, "a", "", "/s/1"}, {"2", 0, "b", "", "/s/2"}}}}
			}
			if asked++; asked == 1 {
				return failure("org.freedesktop.DBus.Error.UnknownObject")
			}
			return &dbus.Message{Type: dbus.TypeMethodReply, Body: []any{map[string]dbus.Variant{
				"Name": dbus.MakeVariant("b\n"), "Class": dbus.MakeVariant("user"), "TTY": dbus.MakeVariant("pts/1"),
				"Timestamp": dbus.MakeVariant(uint64(1795306800000000)), "Leader": dbus.MakeVariant("a text"),
			}}}
		})
	})
	defer l.close()
	want := []session{{source: "logind", user: "b?", class: "user", tty: "pts/1", login: time.Unix(1795306800, 0).UTC()}}
	for i := range 2 {
		got, more, err := l.sessions(t.Context(), noon())
		if err != nil || more != 0 {
			t.Fatal(more, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(session{})); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if i == 0 {
			l.bus.wire.Close() // as the other end would
			l.known = nil
		}
	}
	if connections.Load() != 2 {
		t.Errorf("%d connections, want 2", connections.Load())
	}
}

// TestDesktop holds that the idle time of a desktop comes from logind, and from
// nowhere else.
func TestDesktop(t *testing.T) {
	r := fixed(t, Config{})
	for _, test := range []struct {
		idle bool
		want *float64
	}{{false, nil}, {true, new(float64(30))}} {
		s, err := sessionOf([]any{map[string]dbus.Variant{
			"Name": dbus.MakeVariant("ann"), "Type": dbus.MakeVariant("wayland"), "TTY": dbus.MakeVariant("tty2"),
			"IdleHint":      dbus.MakeVariant(test.idle),
			"IdleSinceHint": dbus.MakeVariant(uint64(noon().Add(-30 * time.Second).UnixMicro())),
		}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, r.user(&s, noon()).IdleSeconds); diff != "" {
			t.Errorf("idle %v (-want +got)\n%s", test.idle, diff)
		}
		known := knownSession{session: s, read: noon()}
		known.session.class = "user"
		if !known.stale(noon()) {
			t.Error("the idle time of a desktop is remembered")
		}
	}
}
