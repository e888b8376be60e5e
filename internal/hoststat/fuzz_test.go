package hoststat

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/godbus/dbus/v5"
)

// checkText holds that a text can be printed.
func checkText(t *testing.T, limit int, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if len(text) > limit || !utf8.ValidString(text) || strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
			t.Errorf("%q is not clean", text)
		}
	}
}

func checkSession(t *testing.T, s session) {
	t.Helper()
	checkText(t, maxName, s.user, s.tty, s.display, s.class, s.state)
	checkText(t, maxHost, s.origin)
	for _, at := range []interface{ MarshalJSON() ([]byte, error) }{s.login, s.idleFrom} {
		if _, err := at.MarshalJSON(); err != nil {
			t.Error(err)
		}
	}
}

func addFiles(f *testing.F, names ...string) {
	f.Helper()
	for _, kernel := range []string{"6.18", "2.6.32"} {
		for _, name := range names {
			if text, err := os.ReadFile("testdata/" + kernel + "/" + name); err == nil {
				f.Add(text)
			}
		}
	}
}

func FuzzMounts(f *testing.F) {
	addFiles(f, "proc/self/mountinfo")
	f.Fuzz(func(t *testing.T, text []byte) {
		mounts, _ := parseMounts(text)
		chosen := selection{tmpfs: true}.choose(mounts)
		seen := make(map[string]bool)
		for _, m := range chosen {
			if seen[m.device] || !strings.HasPrefix(m.point, "/") {
				t.Errorf("%+v is listed", m)
			}
			seen[m.device] = true
			checkText(t, maxPath, clean(m.point, maxPath), clean(m.source, maxPath))
		}
	})
}

// FuzzProc gives each parser what may be meant for another one.
func FuzzProc(f *testing.F) {
	addFiles(f, "proc/stat", "proc/meminfo", "proc/loadavg", "proc/uptime", "proc/diskstats", "proc/pressure/io")
	f.Fuzz(func(t *testing.T, text []byte) {
		var s Status
		if load, tasks, err := parseLoad(text); err == nil {
			s.Load, s.Tasks = &load, &tasks
		}
		if seconds, err := parseUptime(text); err == nil {
			s.UptimeSeconds = &seconds
		}
		if stat, err := parseStat(text); err == nil {
			s.CPU = stat.times.shares(cpuTimes{count: stat.times.count})
			s.BootTime = &stat.boot
		}
		s.Memory, s.Swap, _ = parseMemory(text)
		if stalls, err := parsePressure(text); err == nil {
			s.Pressure = &Pressure{IO: stalls}
		}
		if d, ok := parseDisk(firstLine(text)); ok {
			past := diskPast{name: string(d.name)}
			s.Disks = append(s.Disks, past.next(&d, 0.001))
			checkText(t, maxName, s.Disks[0].Name)
		}
		asJSON(t, s)
		if s.CPU != nil {
			sum := 0.0
			for _, share := range []*float64{s.CPU.User, s.CPU.Nice, s.CPU.System, s.CPU.Idle, s.CPU.IOWait, s.CPU.IRQ, s.CPU.SoftIRQ, s.CPU.Steal} {
				if share != nil {
					sum += *share
				}
			}
			if sum < 0.999 || sum > 1.001 {
				t.Errorf("the shares of the CPU are %v together", sum)
			}
		}
	})
}

func FuzzUTMP(f *testing.F) {
	f.Add(writeUTMP(f, false, someLogins()...))
	f.Add(writeUTMP(f, true, someLogins()...))
	f.Fuzz(func(t *testing.T, text []byte) {
		sessions, more, err := parseUTMP(text, 3, processAnswers)
		if err != nil && len(sessions) > 0 || len(sessions) > 3 || len(sessions)+more > len(text)/384 {
			t.Errorf("%d sessions and %d more from %d bytes, %v", len(sessions), more, len(text), err)
		}
		for _, s := range sessions {
			checkSession(t, s)
		}
		merge(nil, sessions)
	})
}

func FuzzSessionFile(f *testing.F) {
	addFiles(f, "run/systemd/sessions/3", "run/systemd/sessions/5")
	f.Add([]byte("USER=\"a\\\"b\\x1b\\033\\\nCLASS=user\nTTY=/dev/pts/1\nREALTIME=18446744073709551615\n"))
	f.Fuzz(func(t *testing.T, text []byte) { checkSession(t, parseSession(text)) })
}

// FuzzBus decodes whole messages as the library and we do.
func FuzzBus(f *testing.F) {
	for _, body := range []any{
		[]struct {
			ID   string
			UID  uint32
			User string
			Seat string
			Path dbus.ObjectPath
		}{{"1", 0, "root", "seat0", "/org/freedesktop/login1/session/_31"}},
		map[string]dbus.Variant{"Name": dbus.MakeVariant("root"), "Timestamp": dbus.MakeVariant(uint64(1795306800000000)),
			"TTY": dbus.MakeVariant("pts/1"), "IdleHint": dbus.MakeVariant(true), "IdleSinceHint": dbus.MakeVariant(uint64(1))},
	} {
		var b bytes.Buffer
		m := dbus.Message{Type: dbus.TypeMethodReply, Body: []any{body}, Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldReplySerial: dbus.MakeVariant(uint32(1)), dbus.FieldSignature: dbus.MakeVariant(dbus.SignatureOf(body))}}
		if err := m.EncodeTo(&b, binary.LittleEndian); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := dbus.DecodeMessage(bytes.NewReader(text))
		if err != nil {
			return
		}
		if s, err := sessionOf(m.Body); err == nil {
			checkSession(t, s)
		}
		paths, _ := sessionPaths(m.Body)
		for _, path := range paths {
			if !path.IsValid() {
				t.Errorf("object %q", path)
			}
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[0m\u202e\xff")
	f.Fuzz(func(t *testing.T, text string) {
		checkText(t, 16, clean(text, 16))
		if tty, display := terminal(text); tty != "" && display != "" {
			t.Errorf("%q is both", text)
		}
	})
}
