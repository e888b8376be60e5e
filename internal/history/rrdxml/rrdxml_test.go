package rrdxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/history/ring"
	"dropwatch/internal/values"
)

var update = flag.Bool("update", false, "write golden files")

var start = time.Unix(1_800_000_000, 0)

var keys = []string{"load1", "filesystem.used[/var]", "v[-->\u00e9&<--]", "interface.rx_bytes[a-long-name0]", "interface.rx_bytes[a-long-name1]"}

// written is a file in which the third value stops.
func written(t *testing.T, updates int, archives ...ring.Archive) *ring.View {
	t.Helper()
	path := filepath.Join(t.TempDir(), "host")
	f, err := ring.Create(path, "dw1-test", ring.Config{Slots: 8, Archives: archives})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.SetName("web--1"); err != nil {
		t.Fatal(err)
	}
	for i := range updates {
		var list []values.Value
		for j, key := range keys {
			if j == 2 && i > updates/2 {
				continue
			}
			name, of, _ := strings.Cut(strings.TrimSuffix(key, "]"), "[")
			list = append(list, values.Value{Name: name, Of: of, Number: float64(i*i%97) / 7 * float64(j+1)})
		}
		if err := f.Update(start.Add(time.Duration(10*i+3)*time.Second), list); err != nil {
			t.Fatal(err)
		}
	}
	v, err := ring.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

func TestName(t *testing.T) {
	for key, want := range map[string]string{
		"load1": "load1", "cpu.softirq": "cpu_softirq", "clock.synchronised": "clock_synchronised", "memory.available": "memory_available",
		"filesystem.used[/var]": "filesystem_u_5edf87", "counter.unexplained": "counter_unexplained", "": "_1c9dc5",
	} {
		if got := Name(key); got != want {
			t.Errorf("%q: %s, want %s", key, got, want)
		}
	}
	legal := regexp.MustCompile(`^[a-zA-Z0-9_]{1,19}$`)
	seen := map[string]string{}
	for _, kind := range values.Kinds() {
		for _, of := range []string{"", "eth0", "eth1", "/", "/var", "/var/lib/a/very/long/path/1", "/var/lib/a/very/long/path/2"} {
			key := values.Key(kind.Name, of)
			name := Name(key)
			if !legal.MatchString(name) {
				t.Errorf("%s: %q", key, name)
			}
			if other, ok := seen[name]; ok {
				t.Errorf("%s and %s are both %s", key, other, name)
			}
			seen[name] = key
		}
	}
	if got := names([]string{"a.b", "a_b", "a.b"}); got[0] != "a_b" || got[1] == got[0] || got[2] == got[0] || got[1] == got[2] {
		t.Errorf("keys made equal: %q", got)
	}
}

func TestGolden(t *testing.T) {
	v := written(t, 9, ring.Archive{Step: 10 * time.Second, Rows: 4}, ring.Archive{Step: 30 * time.Second, Rows: 3, Max: true})
	var b bytes.Buffer
	if err := Write(&b, v, keys[:3]...); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "three.xml")
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, b.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("(go test -update writes it):\n%s", diff)
	}
	for d := xml.NewDecoder(&b); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestNothing(t *testing.T) {
	v := written(t, 0, ring.Archive{Step: 10 * time.Second, Rows: 4})
	if err := Write(io.Discard, v); !errors.Is(err, ring.ErrNoValue) {
		t.Error(err)
	}
	v = written(t, 2, ring.Archive{Step: 10 * time.Second, Rows: 4})
	if err := Write(io.Discard, v, "load1", "no"); !errors.Is(err, ring.ErrNoValue) {
		t.Error(err)
	}
	if err := Write(full{}, v); !errors.Is(err, errFull) {
		t.Error(err)
	}
}

type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

// rrdtool runs the real one.
func rrdtool(t *testing.T, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("rrdtool"); err != nil {
		if os.Getenv("DROPWATCH_CI") != "" {
			t.Fatal("rrdtool is not there: install the package rrdtool")
		}
		t.Skip("rrdtool is not there")
	}
	command := exec.Command("rrdtool", args...)
	command.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("rrdtool %q: %v: %s", args, err, out)
	}
	return string(out)
}

// TestRestore lets rrdtool say what it found in the document, and go on with it.
func TestRestore(t *testing.T) {
	for _, updates := range []int{3, 500} {
		v := written(t, updates, ring.Archive{Step: 10 * time.Second, Rows: 100}, ring.Archive{Step: time.Minute, Rows: 50, Max: true})
		dir := t.TempDir()
		path, rrd := filepath.Join(dir, "a.xml"), filepath.Join(dir, "a.rrd")
		var b bytes.Buffer
		if err := Write(&b, v); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		rrdtool(t, "restore", path, rrd)
		info := rrdtool(t, "info", rrd)
		for _, want := range []string{"step = 10", `ds[load1].type = "GAUGE"`, "ds[filesystem_u_5edf87].minimal_heartbeat = 30", `rra[2].cf = "MAX"`, "rra[1].pdp_per_row = 6", "rra[1].rows = 50", fmt.Sprint("last_update = ", v.Last().Unix())} {
			if !strings.Contains(info, want+"\n") {
				t.Errorf("no %s in:\n%s", want, info)
			}
		}
		for i, a := range v.Config().Archives {
			same(t, v, i, "AVERAGE", fetched(t, rrd, "AVERAGE", a, v.Last()))
			if a.Max {
				same(t, v, i, "MAX", fetched(t, rrd, "MAX", a, v.Last()))
			}
		}
		rrdtool(t, "update", rrd, fmt.Sprintf("%d:1:2:3:4:5", v.Last().Unix()+10))
	}
}

// TestSameAsRrdtool gives the same values to rrdtool and to a file. They come at
// least once a step: rrdtool gives longer times one average, a file does not.
func TestSameAsRrdtool(t *testing.T) {
	archives := []ring.Archive{{Step: 10 * time.Second, Rows: 100}, {Step: time.Minute, Rows: 20, Max: true}}
	dir := t.TempDir()
	rrd, path := filepath.Join(dir, "a.rrd"), filepath.Join(dir, "host")
	rrdtool(t, "create", rrd, "-b", fmt.Sprint(start.Unix()), "-s", "10", "DS:v:GAUGE:30:U:U", "RRA:AVERAGE:0.5:1:100", "RRA:AVERAGE:0.5:6:20", "RRA:MAX:0.5:6:20")
	f, err := ring.Create(path, "", ring.Config{Archives: archives})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	args := []string{"update", rrd}
	at := start
	for i := range 250 {
		v := float64(i*i%131) / 8
		if err := f.Update(at, []values.Value{{Name: "v", Number: v}}); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			args = append(args, fmt.Sprintf("%d:%v", at.Unix(), v))
		}
		at = at.Add(time.Duration(1+i*7%10) * time.Second)
	}
	rrdtool(t, args...)
	view, err := ring.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	for i, a := range archives {
		same(t, view, i, "AVERAGE", fetched(t, rrd, "AVERAGE", a, view.Last()))
		if a.Max {
			same(t, view, i, "MAX", fetched(t, rrd, "MAX", a, view.Last()))
		}
	}
}

// fetched asks rrdtool for all rows of an archive: numbers by time.
func fetched(t *testing.T, rrd, function string, a ring.Archive, last time.Time) map[int64][]float64 {
	t.Helper()
	step := int64(a.Step / time.Second)
	end := last.Unix() / step * step
	out := rrdtool(t, "fetch", rrd, function, "-r", fmt.Sprint(step), "-s", fmt.Sprint(end-step*int64(a.Rows)), "-e", fmt.Sprint(end-step))
	rows := map[int64][]float64{}
	for line := range strings.Lines(out) {
		at, numbers, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		var row []float64
		for _, field := range strings.Fields(numbers) {
			n, err := strconv.ParseFloat(strings.TrimPrefix(field, "-n"), 64)
			if field == "-nan" {
				n, err = math.NaN(), nil
			}
			if err != nil {
				t.Fatal(err)
			}
			row = append(row, n)
		}
		n, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		rows[n] = row
	}
	return rows
}

func same(t *testing.T, v *ring.View, archive int, function string, rows map[int64][]float64) {
	t.Helper()
	known := 0
	for j, k := range v.Keys() {
		s, err := v.Rows(k.Key, archive)
		if err != nil {
			t.Fatal(err)
		}
		list := s.Average
		if function == "MAX" {
			list = s.Max
		}
		for i, want := range list {
			end := s.Start.Add(time.Duration(i+1) * s.Step).Unix()
			row, ok := rows[end]
			if !ok || len(row) != len(v.Keys()) {
				t.Fatalf("%s: no row of %d", function, end)
			}
			if got := row[j]; math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > 1e-9*math.Abs(want) {
				t.Fatalf("%s: %s at %d is %v, want %v", function, k.Key, end, got, want)
			}
			if !math.IsNaN(want) {
				known++
			}
		}
	}
	if known < 5 && v.Last().Sub(start) > 10*time.Minute {
		t.Errorf("%s: only %d numbers", function, known)
	}
}
