package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Without the kernel's drop monitor every command that wants it says in one line
// what is missing and what to do.
func TestVMCures(t *testing.T) {
	monitor(t)
	if os.Getenv("VMTEST") == "" {
		t.Skip("takes the host's module away: only in a guest")
	}
	const namespace = "it answers in the initial network namespace only: run on the host, or with the host's network (nsenter --net=/proc/1/ns/net)"
	for _, test := range []struct {
		name   string
		as     []string // what runs the program
		change func(*testing.T)
		cure   string
		blind  bool // no other source works either
	}{
		{"unprivileged", []string{"setpriv", "--reuid", "65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"}, nil,
			"permission denied: CAP_NET_ADMIN and CAP_SYS_ADMIN are needed: run with sudo", true},
		{"network namespace", []string{"unshare", "-n"}, nil, namespace, false},
		{"user and network namespace", []string{"unshare", "-Urn"}, nil, namespace, false},
		{"user namespace", []string{"unshare", "-Ur"}, nil,
			"CAP_SYS_ADMIN in the initial user namespace is needed; those of another user namespace or container do not count", false},
		{"module not loaded", []string{"env"}, unloadable, "module drop_monitor is not loaded: modprobe drop_monitor", false},
		{"no module", []string{"env"}, withoutModule,
			"install the package with this kernel's (extra) modules, then: modprobe drop_monitor; if there is none, use a kernel with CONFIG_NET_DROP_MONITOR", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.change != nil {
				test.change(t)
			}
			run := func(in string, args ...string) (out string, status int) {
				t.Helper()
				return outcome(t, in, append(append(test.as, programPath()), args...))
			}
			text, status := run("", "summary", "--source", "netdm", "--for", "1s")
			if status != statusFailed || strings.Count(text, "\n") != 1 || !strings.Contains(text, test.cure) {
				t.Errorf("summary: status %d, want one line with %q:\n%s", status, test.cure, text)
			}
			text, status = run("start\n", "--source", "netdm")
			if status != statusFailed || !strings.Contains(text, test.cure) {
				t.Errorf("shell: status %d, want a line with %q:\n%s", status, test.cure, text)
			}
			text, status = run("", "doctor")
			// the text is folded
			if want := map[bool]int{true: statusFailed, false: statusDone}[test.blind]; status != want || !strings.Contains(strings.Join(strings.Fields(text), " "), test.cure) {
				t.Errorf("doctor: status %d, want %d and %q:\n%s", status, want, test.cure, text)
			}
		})
	}
}

// outcome runs a command to its end.
func outcome(t *testing.T, in string, args []string) (text string, status int) {
	t.Helper()
	command := exec.Command(args[0], args[1:]...)
	command.Stdin = strings.NewReader(in)
	out, err := command.CombinedOutput()
	if err != nil && command.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), command.ProcessState.ExitCode()
}

// unloadable unloads the module and forbids to load it.
func unloadable(t *testing.T) {
	t.Helper()
	const rule = "/etc/modprobe.d/no-drop-monitor.conf"
	must(t, os.MkdirAll(filepath.Dir(rule), 0o755))
	must(t, os.WriteFile(rule, []byte("install drop_monitor /bin/false\n"), 0o644))
	t.Cleanup(func() { must(t, os.Remove(rule)) })
	command(t, "rmmod", "drop_monitor")
}

// withoutModule takes the module's file away.
func withoutModule(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob("/lib/modules/*/kernel/net/core/drop_monitor.ko*")
	if err != nil || len(files) != 1 {
		t.Fatalf("the module is %q, %v", files, err)
	}
	away := filepath.Join(t.TempDir(), "module")
	must(t, os.Rename(files[0], away))
	t.Cleanup(func() { must(t, os.Rename(away, files[0])) })
	if _, err := os.Stat("/sys/module/drop_monitor"); err == nil {
		command(t, "rmmod", "drop_monitor")
	}
}
