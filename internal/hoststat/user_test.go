package hoststat

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// The two forms of struct utmp, as C has them: with 32-bit times (x86-64 and
// most others) and with 64-bit ones (64-bit ARM).
type utmp32 struct {
	Type    int16
	_       int16
	PID     int32
	Line    [32]byte
	ID      [4]byte
	User    [32]byte
	Host    [256]byte
	Exit    [2]int16
	Session int32
	Seconds uint32
	Micros  uint32
	Address [4]int32
	_       [20]byte
}

type utmp64 struct {
	Type    int16
	_       int16
	PID     int32
	Line    [32]byte
	ID      [4]byte
	User    [32]byte
	Host    [256]byte
	Exit    [2]int16
	Session int64
	Seconds int64
	Micros  int64
	Address [4]int32
	_       [24]byte // and padding
}

// A login is an entry of utmp in a test.
type login struct {
	kind             int16
	pid              int32
	line, user, host string
	seconds          uint32
}

func writeUTMP(t testing.TB, wide bool, logins ...login) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, l := range logins {
		r := utmp32{Type: l.kind, PID: l.pid, Seconds: l.seconds, Micros: 250_000}
		copy(r.Line[:], l.line)
		copy(r.User[:], l.user)
		copy(r.Host[:], l.host)
		var record any = &r
		if wide {
			record = &utmp64{Type: r.Type, PID: r.PID, Line: r.Line, User: r.User, Host: r.Host,
				Seconds: int64(r.Seconds), Micros: int64(r.Micros)}
		}
		if err := binary.Write(&b, binary.NativeEndian, record); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func someLogins() []login {
	return []login{
		{2, 0, "~", "reboot", "6.12", 1795306300},
		{7, 812, "pts/0", "ann", "2001:db8::7", 1795306800},
		{6, 900, "tty1", "LOGIN", "", 1795306801},
		{7, 901, "tty2", "bob", ":0", 4000000000}, // after 2038
		{7, 902, "pts/9", "gone", "", 1795306800},
		{8, 903, "pts/1", "left", "", 1795306802},
		{7, 904, ":1", strings.Repeat("x", 32), "evil\x1b[2J\u202e", 0},
	}
}

func TestUTMP(t *testing.T) {
	want := []session{
		{source: "utmp", user: "ann", tty: "pts/0", origin: "2001:db8::7", leader: 812, login: time.Unix(1795306800, 250e6).UTC()},
		{source: "utmp", user: "bob", tty: "tty2", graphical: true, leader: 901, login: time.Unix(4000000000, 250e6).UTC()},
		{source: "utmp", user: strings.Repeat("x", 32), display: ":1", origin: "evil?[2J?", leader: 904},
	}
	for _, wide := range []bool{false, true} {
		for name, tail := range map[string]string{"whole": "", "cut": "\x07\x00"} {
			text := append(writeUTMP(t, wide, someLogins()...), tail...)
			got, more, err := parseUTMP(text, 10, func(pid uint64) bool { return pid != 902 })
			if err != nil || more != 0 {
				t.Fatalf("%s, wide %v: %d more, %v", name, wide, more, err)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(session{})); diff != "" {
				t.Errorf("%s, wide %v (-want +got)\n%s", name, wide, diff)
			}
			if got, more, _ = parseUTMP(text, 1, processAnswers); len(got) != 1 || more != 3 {
				t.Errorf("%d users and %d more, want 1 and 3", len(got), more)
			}
		}
	}
	if _, _, err := parseUTMP(bytes.Repeat([]byte{0xff}, 4000), 10, processAnswers); err == nil {
		t.Error("nonsense was read")
	}
}

func processAnswers(uint64) bool { return true }

func TestMerge(t *testing.T) {
	at := time.Unix(1, 0)
	for _, test := range []struct {
		name           string
		sessions, utmp []session
		want           []session
	}{
		{"the same terminal", []session{{user: "a", tty: "pts/0", login: at}}, []session{{user: "a", tty: "pts/0", origin: "h"}},
			[]session{{user: "a", tty: "pts/0", origin: "h", login: at}}},
		{"the same process", []session{{user: "a", leader: 7, origin: "h"}}, []session{{user: "a", tty: "pts/1", leader: 7, login: at}},
			[]session{{user: "a", tty: "pts/1", leader: 7, origin: "h", login: at}}},
		{"the same host and no terminal", []session{{user: "a", origin: "h"}, {user: "a", origin: "h"}},
			[]session{{user: "a", tty: "pts/1", origin: "h"}, {user: "a", tty: "pts/2", origin: "h"}, {user: "a", tty: "pts/3", origin: "h"}},
			[]session{{user: "a", tty: "pts/1", origin: "h"}, {user: "a", tty: "pts/2", origin: "h"}, {user: "a", tty: "pts/3", origin: "h"}}},
		{"a terminal of a former user", []session{{user: "a", tty: "pts/0"}}, []session{{user: "b", tty: "pts/0"}},
			[]session{{user: "a", tty: "pts/0"}, {user: "b", tty: "pts/0"}}},
		{"the display", []session{{user: "a", display: ":0"}}, []session{{user: "a", display: ":0", origin: ""}},
			[]session{{user: "a", display: ":0"}}},
		{"windows of one session", []session{{user: "a", tty: "tty2", display: ":0"}},
			[]session{{user: "a", tty: "tty2"}, {user: "a", tty: "pts/5"}},
			[]session{{user: "a", tty: "tty2", display: ":0"}, {user: "a", tty: "pts/5"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, merge(test.sessions, test.utmp), cmp.AllowUnexported(session{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestUsers reads files of logind and utmp together.
func TestUsers(t *testing.T) {
	root := t.TempDir()
	plant(t, root, map[string]string{
		"run/systemd/sessions/3":   "USER=ann\nCLASS=user\nSTATE=active\nTTY=pts/0\nLEADER=812\nREALTIME=1795306800123456\n",
		"run/systemd/sessions/4":   "USER=ann\nCLASS=user\nSTATE=closing\nTTY=pts/4\n",
		"run/systemd/sessions/5":   "USER=root\nCLASS=background\n",
		"run/systemd/sessions/6":   "USER=ann\nCLASS=manager\n",
		"run/systemd/sessions/7":   "USER=\"eve\\x1b\"\nCLASS=user-early\nTTY=../../etc/passwd\nREMOTE_HOST=\"a\\\"b\"\nREALTIME=99999999999999999999\n",
		"run/systemd/sessions/.#8": "USER=tmp\nCLASS=user\n",
		"run/utmp":                 string(writeUTMP(t, false, someLogins()[1:4]...)),
	})
	if err := unix.Mkfifo(root+"/run/systemd/sessions/9", 0o600); err != nil {
		t.Fatal(err)
	}
	r := fixed(t, Config{Root: root})
	var touched []string
	r.host.touched = func(path string) (time.Time, error) {
		touched = append(touched, strings.TrimPrefix(path, root))
		return noon().Add(time.Second), nil // a clock that was set back
	}
	zero := 0.0
	ann, bob := microseconds(1795306800123456), time.Unix(4000000000, 250e6).UTC()
	want := []User{
		{Name: "ann", Terminal: "pts/0", Origin: "2001:db8::7", Login: &ann, IdleSeconds: &zero, Source: "sessions"},
		{Name: "bob", Terminal: "tty2", Login: &bob, Source: "utmp"},
		{Name: "eve?", Terminal: "../../etc/passwd", Origin: `a"b`, Source: "sessions"},
	}
	s := r.Sample(t.Context())
	if diff := cmp.Diff(want, s.Users); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// The desktop of bob gets its input elsewhere.
	if diff := cmp.Diff([]string{"/dev/pts/0"}, touched); diff != "" {
		t.Errorf("looked at (-want +got)\n%s", diff)
	}
}

// TestNobody tells a host where nobody is from one that does not know.
func TestNobody(t *testing.T) {
	root := t.TempDir()
	plant(t, root, map[string]string{"run/systemd/sessions/1.ref": ""})
	if err := os.Remove(root + "/run/systemd/sessions/1.ref"); err != nil {
		t.Fatal(err)
	}
	r := fixed(t, Config{Root: root})
	if s := r.Sample(t.Context()); s.Users != nil {
		t.Errorf("users %v from a directory that a package left", s.Users)
	}
	plant(t, root, map[string]string{"run/utmp": ""})
	if s := r.Sample(t.Context()); s.Users == nil || len(s.Users) != 0 || !strings.Contains(asJSON(t, s), `"users": []`) {
		t.Errorf("users %v, want none", s.Users)
	}
}
