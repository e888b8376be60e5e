package hoststat

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// logindProgram is where distributions have it.
func logindProgram(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		lacking(t, "needs dbus-daemon")
	}
	for _, path := range []string{"/usr/lib/systemd/systemd-logind", "/lib/systemd/systemd-logind"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	lacking(t, "needs systemd-logind")
	return ""
}

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>`

const logindConfig = "[Login]\nNAutoVTs=0\nReserveVT=0\nHandlePowerKey=ignore\nHandleLidSwitch=ignore\n"

// A session that logind finds when it starts. Its pipe has to be open.
const logindSaved = `UID=65534
USER=nobody
ACTIVE=1
STATE=active
REMOTE=1
TYPE=tty
CLASS=user
FIFO=/run/systemd/sessions/7.ref
TTY=tty1
REMOTE_HOST=2001:db8::7
SERVICE=sshd
LEADER=@
AUDIT=7
REALTIME=1795306800123456
MONOTONIC=512345678
`

// TestRootLogind asks the real systemd-logind over a real bus, as an ordinary
// user. Both run inside namespaces with a /run of their own, where they cannot
// reach the host. utmp knows the same session and another one.
func TestRootLogind(t *testing.T) {
	needRoot(t)
	program := logindProgram(t)
	tree := t.TempDir()
	plant(t, tree, map[string]string{
		"dbus/config.xml":                    busConfig,
		"systemd/logind.conf.d/50-test.conf": logindConfig,
		"systemd/users/65534":                "NAME=nobody\nSTATE=active\nSTOPPING=no\nSESSIONS=7\nREALTIME=1795306800000000\nMONOTONIC=5\n",
		"systemd/sessions/7":                 logindSaved,
		"systemd/seats/.keep":                "",
		"systemd/system/.keep":               "",
		"user/.keep":                         "",
		"utmp": string(writeUTMP(t, false, login{7, 1, "tty1", "nobody", "elsewhere", 1795306800},
			login{7, 1, "tty2", "ann", "", 1795306900}, login{7, 30000, "tty3", "gone", "", 1795306900})),
	})
	script := strings.NewReplacer("TREE", tree, "LOGIND", program).Replace(`
		mount -t proc proc /proc
		mount -n -t tmpfs tmpfs /run
		cp -r TREE/. /run
		mkfifo /run/systemd/sessions/7.ref
		sleep infinity 3>&- &
		sed -i "s/@/$!/" /run/systemd/sessions/7
		exec 9<>/run/systemd/sessions/7.ref
		dbus-daemon --config-file=/run/dbus/config.xml --nofork --nopidfile 3>&- &
		until [ -S /run/dbus/system_bus_socket ]; do kill -0 $!; done
		LOGIND 3>&- &
		until busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.DBus.Peer Ping; do
			kill -0 $!
		done
		rm /run/systemd/sessions/7
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"`)
	s := sampleIn(t, Config{}, script)
	first, second := microseconds(1795306800123456), microseconds(1795306900250000)
	want := []User{
		{Name: "ann", Terminal: "tty2", Login: &second, Source: "utmp"},
		{Name: "nobody", Terminal: "tty1", Origin: "2001:db8::7", Login: &first, Source: "logind"},
	}
	if diff := cmp.Diff(want, s.Users, cmpopts.IgnoreFields(User{}, "IdleSeconds")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, u := range s.Users {
		if _, err := os.Stat(filepath.Join("/dev", u.Terminal)); err == nil && u.IdleSeconds == nil {
			t.Errorf("no idle time of %s", u.Terminal)
		}
	}
	if len(s.Missing) != 0 {
		t.Errorf("missing %v", s.Missing)
	}
}
