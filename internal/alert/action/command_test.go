package action

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/alert"
	"dropwatch/internal/values"
)

// example is an event, of a host that chose its name with care.
func example() alert.Event {
	began := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	return alert.Event{
		Alert: alert.Alert{
			Rule: "memory", Severity: alert.Critical, Host: "-rf $(id)", HostID: "dw1-x", Value: "memory.used", Number: 0.94, Unit: values.Ratio,
			Worst: 0.94, Condition: "memory.used > 0.9", Op: alert.Above, Threshold: 0.9, Since: began, Begun: began.Add(time.Minute),
		},
		Firing: true, Time: began.Add(time.Minute),
	}
}

// script writes an executable file.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCommandIsTold(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("SECRET", "not for others")
	t.Setenv("PATH", "/usr/bin:/bin")
	path := script(t, `dir=$1; shift
cat > "$dir/stdin"
env > "$dir/env"
pwd > "$dir/pwd"
for a; do echo "<$a>"; done > "$dir/args"
`)
	e := example()
	c := &command{args: []string{path, dir, "{host}", "--host={host}", "{rule} {state} {number}", "{print} {since}", "", "{text}"}}
	if _, err := c.deliver(t.Context(), &e); err != nil {
		t.Fatal(err)
	}
	const wantArgs = `<_rf $(id)>
<--host=-rf $(id)>
<memory firing 0.94>
<{print} 2026-03-01T03:00:00Z>
<>
<CRITICAL -rf $(id): memory.used is 94% (above 90% for 1m)>
`
	if diff := cmp.Diff(wantArgs, read(t, dir+"/args")); diff != "" {
		t.Errorf("arguments: %s", diff)
	}
	var document struct{ Schema, Host, Text string }
	if err := json.Unmarshal([]byte(read(t, dir+"/stdin")), &document); err != nil || document.Schema != alert.EventSchema || document.Host != e.Host || document.Text != alert.Text(&e) {
		t.Errorf("standard input: %+v, %v", document, err)
	}
	if got := read(t, dir+"/pwd"); got != "/\n" {
		t.Errorf("directory: %s", got)
	}
	wantEnv := []string{
		"DROPWATCH_CLUSTER=", "DROPWATCH_CONDITION=memory.used > 0.9", "DROPWATCH_HOST=-rf $(id)", "DROPWATCH_NUMBER=0.94", "DROPWATCH_ON=",
		"DROPWATCH_REASON=", "DROPWATCH_RULE=memory", "DROPWATCH_SEVERITY=critical", "DROPWATCH_SINCE=2026-03-01T03:00:00Z",
		"DROPWATCH_STATE=firing", "DROPWATCH_TEXT=CRITICAL -rf $(id): memory.used is 94% (above 90% for 1m)",
		"DROPWATCH_TIME=2026-03-01T03:01:00Z", "DROPWATCH_UNIT=ratio", "DROPWATCH_VALUE=memory.used", "PATH=/usr/bin:/bin",
	}
	env := slices.DeleteFunc(strings.Split(strings.TrimSpace(read(t, dir+"/env")), "\n"), func(s string) bool {
		name, _, _ := strings.Cut(s, "=") // those that shells add
		return slices.Contains([]string{"PWD", "OLDPWD", "SHLVL", "_"}, name)
	})
	slices.Sort(env)
	if diff := cmp.Diff(wantEnv, env); diff != "" {
		t.Errorf("environment: %s", diff)
	}
}

func TestCommandFails(t *testing.T) {
	e := example()
	for name, test := range map[string]struct {
		command string
		want    string // PATH stands for the path
	}{
		"status":      {script(t, "echo no paper >&2; exit 3"), "PATH: exit status 3; it wrote: no paper"},
		"says lots":   {script(t, "head -c 100000 /dev/zero | tr '\\0' x; exit 1"), "PATH: exit status 1; it wrote: " + strings.Repeat("x", maxOutput) + "..."},
		"reads not":   {script(t, "exec <&-; exit 0"), ""},
		"is not":      {"/nonexistent/program", "PATH: no such file or directory"},
		"leaves some": {script(t, "sleep 60 & echo $! > $(dirname $0)/pid"), ""},
	} {
		again, err := (&command{args: []string{test.command}}).deliver(t.Context(), &e)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if want := strings.ReplaceAll(test.want, "PATH", test.command); got != want || again {
			t.Errorf("%s: %v, %s\nwant %s", name, again, got, want)
		}
		if name == "leaves some" { // and we do not
			endOf(t, strings.TrimSpace(read(t, filepath.Join(filepath.Dir(test.command), "pid"))))
		}
	}
}

func TestCommandTakesTooLong(t *testing.T) {
	e := example()
	path := script(t, "exec sleep 60")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := (&command{args: []string{path}}).deliver(ctx, &e); err == nil || err.Error() != path+": took too long and was killed" {
		t.Errorf("%v", err)
	}
}

// All that the program started is killed with it.
func TestCommandGroupIsKilled(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	path := script(t, `exec 3>"$1"
sh -c 'echo here >&3; sleep 60; sleep 60' &
wait
`)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		e := example()
		_, err := (&command{args: []string{path, fifo}}).deliver(ctx, &e)
		ended <- err
	}()
	file, err := os.Open(fifo)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := bufio.NewReader(file)
	if line, err := r.ReadString('\n'); line != "here\n" {
		t.Fatalf("%q, %v", line, err)
	}
	cancel()
	if err := <-ended; err == nil || err.Error() != path+": signal: killed" {
		t.Errorf("%v", err)
	}
	// it ends when the last of those who hold the pipe is gone
	if err := file.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(r); len(rest) > 0 || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
}
