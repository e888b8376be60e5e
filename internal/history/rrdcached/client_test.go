package rrdcached

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"dropwatch/internal/history/ring"
	"dropwatch/internal/values"
)

// A daemon is a real rrdcached of this test.
type daemon struct {
	dir, socket string
	process     *exec.Cmd
}

func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("DROPWATCH_CI") != "" {
			t.Fatalf("%s is not there: install the package %[1]s", program)
		}
		t.Skipf("%s is not there", program)
	}
}

func newDaemon(t *testing.T, args ...string) *daemon {
	t.Helper()
	need(t, "rrdcached")
	dir, err := os.MkdirTemp("/tmp", "rrdcached") // the name of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d := &daemon{dir: dir, socket: filepath.Join(dir, "s")}
	d.start(t, args...)
	t.Cleanup(func() { d.kill() })
	return d
}

// start returns when the daemon answers.
func (d *daemon) start(t *testing.T, args ...string) {
	t.Helper()
	d.process = exec.Command("rrdcached", append([]string{"-g", "-l", "unix:" + d.socket, "-b", d.dir, "-B", "-p", filepath.Join(d.dir, "pid")}, args...)...)
	var errors strings.Builder
	d.process.Stderr = &errors
	if err := d.process.Start(); err != nil {
		t.Fatal(err)
	}
	for range 500 {
		if conn, err := net.Dial("unix", d.socket); err == nil {
			conn.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	d.kill()
	t.Fatalf("rrdcached does not listen: %s", &errors)
}

func (d *daemon) signal(s unix.Signal) { d.process.Process.Signal(s) }

// freeze returns when all threads stand still.
func (d *daemon) freeze(t *testing.T) {
	t.Helper()
	d.signal(unix.SIGSTOP)
	var status unix.WaitStatus
	if _, err := unix.Wait4(d.process.Process.Pid, &status, unix.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("status %x, %v", status, err)
	}
}

func (d *daemon) kill() {
	d.process.Process.Kill()
	d.process.Wait() // an error: it was killed
	os.Remove(filepath.Join(d.dir, "pid"))
}

// ask talks to the daemon as others do.
func (d *daemon) ask(t *testing.T, command string) answer {
	t.Helper()
	conn, err := net.Dial("unix", d.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write([]byte(command + "\n")); err != nil {
		t.Fatal(err)
	}
	a, err := readAnswer(bufio.NewReader(conn))
	if err != nil || a.code < 0 {
		t.Fatalf("%s: %+v, %v", command, a, err)
	}
	return a
}

// fetched returns the known averages of a file, as they are written.
func (d *daemon) fetched(t *testing.T, file string, from, to int64) string {
	t.Helper()
	d.ask(t, "FLUSH "+file)
	var known []string
	for _, line := range d.ask(t, fmt.Sprintf("FETCH %s AVERAGE %d %d", file, from, to)).lines {
		at, number, _ := strings.Cut(line, ": ")
		var v float64
		if _, err := fmt.Sscan(number, &v); err == nil && at[0] >= '0' && at[0] <= '9' && !math.IsNaN(v) {
			known = append(known, fmt.Sprint(v))
		}
	}
	return strings.Join(known, " ")
}

const start = 1_800_000_000

func at(s int) time.Time { return time.Unix(start+int64(s), 0) }

func load(v float64) []values.Value { return []values.Value{{Name: "load1", Number: v}} }

// begin runs a client until the test ends, or stop is called.
func begin(t *testing.T, c Config) (client *Client, stop func()) {
	t.Helper()
	client, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- client.Run(ctx) }()
	ended := false
	stop = func() {
		if !ended {
			ended = true
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	return client, stop
}

// reaches waits until the counts are so.
func reaches(t *testing.T, c *Client, what string, ok func(Counts) bool) Counts {
	t.Helper()
	for range 1500 {
		if n := c.Counts(); ok(n) {
			return n
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s: never; %+v", what, c.Counts())
	return Counts{}
}

func TestDaemon(t *testing.T) {
	d := newDaemon(t)
	shape := ring.Config{Archives: []ring.Archive{{Step: 10 * time.Second, Rows: 100}, {Step: time.Minute, Rows: 50, Max: true}}}
	client, stop := begin(t, Config{Address: "unix:" + d.socket, Shape: shape})
	client.Add("web3", at(0), load(1))
	reaches(t, client, "the first value", func(n Counts) bool { return n.Taken == 1 })
	for i := range 20 { // what waits when it is stopped is sent
		client.Add("web1", at(10*i), append(load(float64(i)), values.Value{Name: "filesystem.used", Of: "/var lib", Number: 0.5}, values.Value{Name: "x", Number: math.NaN()}))
		client.Add("../web2", at(10*i), load(7))
	}
	client.Add("web1", at(0), load(99)) // too old
	stop()
	n := client.Counts()
	if n.Taken != 61 || n.Refused != 1 || n.Files != 4 || n.Lost != 0 || n.Waiting != 0 || n.Failures != 0 || !strings.Contains(n.Problem, "illegal attempt") {
		t.Errorf("%+v", n)
	}
	if got := d.fetched(t, "web1@load1.rrd", start, start+50); got != "0 1 2 3 4 5 6" && got != "1 2 3 4 5 6" {
		t.Errorf("load1: %s", got)
	}
	if got := d.fetched(t, "web1@filesystem.used-%2Fvar%20lib.rrd", start, start+20); !strings.HasPrefix(got, "0.5 0.5") {
		t.Errorf("filesystem: %s", got)
	}
	if got := d.fetched(t, "%2E.%2Fweb2@load1.rrd", start, start+20); !strings.HasPrefix(got, "7 7") {
		t.Errorf("host with a bad name: %s", got)
	}
	need(t, "rrdtool")
	info, err := exec.Command("rrdtool", "info", filepath.Join(d.dir, "web1@load1.rrd")).CombinedOutput()
	for _, want := range []string{"step = 10", "ds[value].minimal_heartbeat = 30", "rra[0].rows = 100", "rra[1].pdp_per_row = 6", `rra[2].cf = "MAX"`} {
		if err != nil || !strings.Contains(string(info), want+"\n") {
			t.Errorf("%v: no %s in %s", err, want, info)
		}
	}
}

// TestDirectories also sees what the daemon says if it may not make them.
func TestDirectories(t *testing.T) {
	for _, args := range [][]string{{"-R"}, nil} {
		d := newDaemon(t, args...)
		client, stop := begin(t, Config{Address: "unix:" + d.socket, Directories: true})
		client.Add("web1", at(0), load(1))
		client.Add("web1", at(10), load(2))
		n := reaches(t, client, "both values", func(n Counts) bool { return n.Taken+n.Refused == 2 })
		stop()
		_, err := os.Stat(filepath.Join(d.dir, "web1", "load1.rrd"))
		if args != nil && (err != nil || n.Taken != 2 || n.Files != 1) {
			t.Errorf("%+v, %v", n, err)
		}
		if args == nil && (err == nil || n.Taken != 0 || n.Refused != 2 || n.Failures != 0 || !strings.Contains(n.Problem, "-R")) {
			t.Errorf("without -R: %+v, %v", n, err)
		}
	}
}

// TestStopped has a daemon that does not answer for a while: all that fits the
// queue arrives, once.
func TestStopped(t *testing.T) {
	d := newDaemon(t)
	client, stop := begin(t, Config{Address: "unix:" + d.socket, Queue: 10, Timeout: 100 * time.Millisecond, Retry: 20 * time.Millisecond})
	client.Add("a", at(0), load(0))
	reaches(t, client, "the first value", func(n Counts) bool { return n.Taken == 1 })
	d.freeze(t)
	client.Add("a", at(10), load(1))
	reaches(t, client, "no answer", func(n Counts) bool { return n.Failures >= 2 && n.Waiting == 0 && !n.Up && n.Problem != "" })
	for i := 2; i < 22; i++ {
		client.Add("a", at(10*i), load(float64(i)))
	}
	if n := client.Counts(); n.Lost != 10 || n.Waiting != 10 {
		t.Errorf("%+v", n)
	}
	d.signal(unix.SIGCONT)
	n := reaches(t, client, "all", func(n Counts) bool { return n.Taken == 12 && n.Waiting == 0 })
	if stop(); n.Refused != 0 || n.Lost != 10 || n.Problem != "" || !n.Up {
		t.Errorf("%+v", n)
	}
	if got := d.fetched(t, "a@load1.rrd", start+120, start+190); !strings.HasPrefix(got, "13 14 15") {
		t.Errorf("fetched %s", got)
	}
}

// TestKilled has a daemon that is killed and started again.
func TestKilled(t *testing.T) {
	d := newDaemon(t)
	client, stop := begin(t, Config{Address: "unix:" + d.socket, Retry: 20 * time.Millisecond})
	for i := range 10 {
		client.Add("a", at(10*i), load(float64(i)))
	}
	reaches(t, client, "before", func(n Counts) bool { return n.Taken == 10 })
	d.kill()
	for i := 10; i < 20; i++ {
		client.Add("a", at(10*i), load(float64(i)))
	}
	reaches(t, client, "a failure", func(n Counts) bool { return n.Failures > 1 && !n.Up })
	d.start(t)
	n := reaches(t, client, "after", func(n Counts) bool { return n.Taken == 20 })
	if stop(); n.Lost != 0 || n.Refused != 0 || n.Files != 1 {
		t.Errorf("%+v", n)
	}
	if got := d.fetched(t, "a@load1.rrd", start+120, start+170); !strings.HasPrefix(got, "13 14 15") {
		t.Errorf("fetched %s", got)
	}
}

// TestNotThere ends at once, and counts what was never sent.
func TestNotThere(t *testing.T) {
	client, stop := begin(t, Config{Address: "unix:/nonexistent/socket"})
	client.Add("a", at(0), load(1))
	reaches(t, client, "a failure", func(n Counts) bool { return n.Failures == 1 })
	began := time.Now()
	stop()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to end", took)
	}
	if n := client.Counts(); n.Waiting+int(n.Lost) != 1 || !strings.Contains(n.Problem, "/nonexistent/socket") {
		t.Errorf("%+v", n)
	}
}

// TestNonsense talks to one who is no rrdcached.
func TestNonsense(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, strings.Repeat("SSH-2.0-x\r\n", 1000))
			conn.Close()
		}
	}()
	client, stop := begin(t, Config{Address: listener.Addr().String(), Retry: time.Hour})
	client.Add("a", at(0), load(1))
	n := reaches(t, client, "a failure", func(n Counts) bool { return n.Failures == 1 })
	if stop(); n.Taken != 0 || n.Problem == "" {
		t.Errorf("%+v", n)
	}
}

func TestConfig(t *testing.T) {
	for _, address := range []string{"", "unix:", "unix:relative", "192.0.2.1:42217", "[2001:db8::1]:1", "rrd.example.org:42217", "127.0.0.1"} {
		if _, err := New(Config{Address: address}); err == nil || !strings.Contains(err.Error(), "rrdcached address") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, address := range []string{"unix:/run/rrdcached.sock", "127.0.0.1:42217", "[::1]:42217", "localhost:42217"} {
		if _, err := New(Config{Address: address}); err != nil {
			t.Error(err)
		}
	}
	if _, err := New(Config{Address: "127.0.0.1:1", Queue: -1}); err == nil {
		t.Error("a negative queue")
	}
}
