package history

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/history/ring"
	"dropwatch/internal/values"
)

var (
	start = time.Unix(1_800_000_000, 0)
	small = ring.Config{Slots: 6, Archives: []ring.Archive{{Step: 10 * time.Second, Rows: 30}, {Step: time.Minute, Rows: 30, Max: true}}}
)

func at(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }

func busy(v float64) []values.Value {
	return []values.Value{{Name: "cpu.busy", Number: v, Unit: values.Ratio}}
}

func open(t testing.TB, dir string, c Config) *Store {
	t.Helper()
	s, err := Open(dir, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func add(t testing.TB, s *Store, id, name string, seconds int, list []values.Value) {
	t.Helper()
	if err := s.Add(id, name, at(seconds), list); err != nil {
		t.Fatal(err)
	}
}

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		pattern string
		yes, no []string
	}{
		{"up", []string{"up"}, []string{"", "u", "upp", "uptime", "xup"}},
		{"filesystem.used[*]", []string{"filesystem.used[/]", "filesystem.used[/var/lib]", "filesystem.used[]]"}, []string{"filesystem.used", "filesystem.used[/", "filesystem.total[/]"}},
		{"interface.?x_bytes[eth*]", []string{"interface.rx_bytes[eth0]", "interface.tx_bytes[eth]"}, []string{"interface.rx_bytes[lo]"}},
		{"*", []string{"", "a", "a/b[c]"}, nil},
		{"*a*b", []string{"ab", "xaxb", "aabb"}, []string{"ba", "abx", ""}},
		{"[a-c]", []string{"[a-c]"}, []string{"a", "b"}},
	} {
		for _, key := range test.yes {
			if !Match(test.pattern, key) {
				t.Errorf("%s does not match %s", test.pattern, key)
			}
		}
		for _, key := range test.no {
			if Match(test.pattern, key) {
				t.Errorf("%s matches %s", test.pattern, key)
			}
		}
	}
	began := time.Now()
	if Match(strings.Repeat("*a", 100)+"b", strings.Repeat("a", 200)) || time.Since(began) > time.Second {
		t.Error("a pattern of many stars")
	}
}

// TestDefaultKeep holds that each default pattern is of values that there are.
func TestDefaultKeep(t *testing.T) {
	for _, pattern := range DefaultKeep() {
		found := false
		for _, k := range values.Kinds() {
			of := ""
			if k.Of != "" {
				of = "x/y"
			}
			found = found || Match(pattern, values.Key(k.Name, of))
		}
		if !found {
			t.Errorf("%s matches nothing", pattern)
		}
	}
}

// TestStore has more hosts than files may be open, and comes back to each.
func TestStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "history")
	s := open(t, dir, Config{Shape: small, MaxOpen: 2, MaxHosts: 5})
	if _, err := Open(dir, Config{}); err == nil || !strings.Contains(err.Error(), "stop that one") {
		t.Errorf("a second agent: %v", err)
	}
	for i := range 10 {
		for h := range 5 {
			add(t, s, fmt.Sprint("dw1-", h), fmt.Sprint("web", h), 10*i, busy(float64(h)))
		}
	}
	if err := s.Add("dw1-6", "x", at(0), busy(1)); !errors.Is(err, ErrTooMany) {
		t.Error(err)
	}
	if err := s.Add("../x", "x", at(0), busy(1)); err == nil {
		t.Error("a bad id")
	}
	if err := s.Add("dw1-1", "web1", at(20), busy(1)); !errors.Is(err, ring.ErrBackwards) {
		t.Error(err)
	}
	if err := s.Add("dw1-9", "x", at(0), []values.Value{{Name: "silent", Number: 1}}); err != nil {
		t.Errorf("nothing that is kept: %v", err)
	}
	if diff := cmp.Diff(Counts{Hosts: 5, Open: 2, Updates: 50, Refused: 1, Failed: 3}, s.Counts()); diff != "" {
		t.Error(diff)
	}
	hosts, problems, err := List(dir)
	if err != nil || problems != nil || len(hosts) != 5 {
		t.Fatalf("%v, %v, %v", hosts, problems, err)
	}
	for h, host := range hosts {
		if host.ID != fmt.Sprint("dw1-", h) || host.Name != fmt.Sprint("web", h) || !host.Last.Equal(at(90)) {
			t.Errorf("%+v", host)
		}
		v, err := ring.Read(host.Path)
		if err != nil {
			t.Fatal(err)
		}
		series, err := v.Fetch("cpu.busy", at(0), at(90), 0)
		if err != nil || len(series.Average) != 9 || series.Average[0] != float64(h) || series.Average[8] != float64(h) {
			t.Errorf("%+v, %v", series, err)
		}
		v.Close()
	}
	s.Close()
	s = open(t, dir, Config{})
	if c := s.Counts(); c.Hosts != 5 {
		t.Errorf("opened again: %+v", c)
	}
}

// TestRank gives places to what the first patterns name.
func TestRank(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{Shape: small})
	var list []values.Value
	for i := range 20 {
		list = append(list, values.Value{Name: "interface.rx_bytes", Of: fmt.Sprint("eth", i)})
	}
	list = append(list, values.Value{Name: "cpu.user"}, values.Value{Name: "drops.class_rate", Of: "loss"}, values.Value{Name: "load1"}, values.Value{Name: "up"})
	add(t, s, "dw1-a", "a", 0, list)
	v, err := ring.Read(filepath.Join(dir, "dw1-a.ring"))
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	var keys []string
	for _, k := range v.Keys() {
		keys = append(keys, k.Key)
	}
	if diff := cmp.Diff([]string{"up", "load1", "drops.class_rate[loss]", "interface.rx_bytes[eth0]", "interface.rx_bytes[eth1]", "interface.rx_bytes[eth2]"}, keys); diff != "" {
		t.Error(diff)
	}
	if c := s.Counts(); c.LeftOut != 17 {
		t.Errorf("%+v", c)
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{Shape: small})
	for id, name := range map[string]string{"dw1-a": "web", "dw1-b": "db", "dw1-c": "db", "dw1-d": "dw1-a"} {
		add(t, s, id, name, 0, busy(1))
	}
	for what, want := range map[string]string{"web": "dw1-a", "dw1-a": "dw1-a", "dw1-c": "dw1-c"} {
		if h, err := Find(dir, what); err != nil || h.ID != want {
			t.Errorf("%s: %+v, %v", what, h, err)
		}
	}
	if _, err := Find(dir, "db"); err == nil || !strings.Contains(err.Error(), "dw1-b, dw1-c") {
		t.Error(err)
	}
	for _, what := range []string{"mail", "", "../x", "dw1-x"} {
		if _, err := Find(dir, what); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := Find(filepath.Join(dir, "nothing"), "web"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	add(t, s, "dw1-a", "new", 10, busy(1))
	if h, err := Find(dir, "web"); err != nil || h.ID != "dw1-a" {
		t.Errorf("renamed within the minute: %+v, %v", h, err)
	}
	s.Close()
	s = open(t, dir, Config{})
	add(t, s, "dw1-a", "new", 20, busy(1))
	if h, err := Find(dir, "new"); err != nil || h.ID != "dw1-a" {
		t.Errorf("renamed: %+v, %v", h, err)
	}
}

func TestBroken(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "dw1-a.ring")
	for _, name := range []string{path, filepath.Join(dir, "dw1-b.ring"), filepath.Join(dir, ".new-123")} {
		if err := os.WriteFile(name, []byte("no history"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir, Config{Shape: small})
	add(t, s, "dw1-a", "a", 0, busy(1))
	if c := s.Counts(); c.Broken != 1 || c.Hosts != 2 || c.Updates != 1 {
		t.Errorf("%+v", c)
	}
	hosts, problems, err := List(dir)
	if err != nil || len(hosts) != 1 || len(problems) != 1 || !strings.Contains(problems[0].Error(), "dw1-b.ring") {
		t.Errorf("%v, %v, %v", hosts, problems, err)
	}
	if _, err := Find(dir, "dw1-b"); !errors.Is(err, ring.ErrBroken) {
		t.Error(err)
	}
	if old, err := os.ReadFile(path + ".broken"); err != nil || string(old) != "no history" {
		t.Errorf("%q, %v", old, err)
	}
	if _, err := os.Stat(filepath.Join(dir, ".new-123")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("unfinished: %v", err)
	}
}

func TestExpire(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{Shape: small})
	now := time.Now()
	for id, age := range map[string]time.Duration{"dw1-old": time.Hour, "dw1-new": time.Minute, "dw1-touched": time.Hour} {
		if err := s.Add(id, "x", now.Add(-age), busy(1)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, id+suffix), now, now.Add(-time.Hour)); err != nil && id != "dw1-touched" {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(filepath.Join(dir, "dw1-touched.ring"), now, now); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Expire(now.Add(-30 * time.Minute)); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	hosts, _, err := List(dir)
	if err != nil || len(hosts) != 2 || s.Counts().Hosts != 2 || s.Counts().Open != 2 {
		t.Errorf("%v, %v, %+v", hosts, err, s.Counts())
	}
	if err := s.Add("dw1-old", "x", now, busy(1)); err != nil {
		t.Errorf("it comes back: %v", err)
	}
}

func TestChart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{Shape: small})
	for i := range 20 {
		list := append(busy(0.1*float64(i%4)), values.Value{Name: "filesystem.used", Of: "/"}, values.Value{Name: "filesystem.used", Of: "/var"}, values.Value{Name: "load1", Number: 1})
		add(t, s, "dw1-a", "web<1>", 10*i, list)
	}
	h, err := Find(dir, "web<1>")
	if err != nil {
		t.Fatal(err)
	}
	v, err := ring.Read(h.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	c, err := Chart(v, []string{"cpu.busy", "filesystem.used"}, at(0), at(190), 800)
	if err != nil || len(c.Lines) != 3 || c.Unit != values.Ratio || c.Lines[2].Label != "filesystem.used[/var]" || c.Title != "cpu.busy, filesystem.used of web<1>" {
		t.Fatalf("%+v, %v", c, err)
	}
	if got := c.Lines[0].Series.Average; len(got) != 19 || math.Abs(got[0]-0.1) > 1e-9 {
		t.Errorf("%v", got)
	}
	var svg, png bytes.Buffer
	if err := errors.Join(c.SVG(&svg), c.PNG(&png)); err != nil || !strings.Contains(svg.String(), "web&lt;1&gt;") || !strings.HasPrefix(png.String(), "\x89PNG") {
		t.Errorf("%v: %.300s", err, &svg)
	}
	if _, err := Chart(v, []string{"cpu.busy", "load1"}, at(0), at(190), 800); err == nil || !strings.Contains(err.Error(), "units") {
		t.Error(err)
	}
	if _, err := Chart(v, []string{"load15"}, at(0), at(190), 800); !errors.Is(err, ring.ErrNoValue) || !strings.Contains(err.Error(), "load1,") {
		t.Error(err)
	}
	if _, err := Chart(v, nil, at(0), at(190), 800); err == nil {
		t.Error("of nothing")
	}
}

func TestConcurrent(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{Shape: small, MaxOpen: 2})
	var group sync.WaitGroup
	for h := range 4 {
		group.Go(func() {
			id := fmt.Sprint("dw1-", h)
			for i := range 50 {
				if err := s.Add(id, "x", at(10*i), busy(1)); err != nil {
					t.Error(err)
				}
				s.Counts()
				if _, problems, err := List(dir); err != nil || problems != nil {
					t.Error(problems, err)
				}
			}
		})
	}
	group.Wait()
	if c := s.Counts(); c.Updates != 200 || c.Failed != 0 {
		t.Errorf("%+v", c)
	}
}

func TestConfig(t *testing.T) {
	for i, c := range []Config{
		{Keep: []string{""}}, {Keep: []string{strings.Repeat("x", 300)}}, {Keep: make([]string, 300)},
		{MaxHosts: -1}, {MaxOpen: -1}, {Shape: ring.Config{Slots: -1}},
	} {
		if _, err := Open(t.TempDir(), c); err == nil {
			t.Errorf("%d was taken", i)
		}
	}
}

// BenchmarkAdd has all files open, and then a quarter of them.
func BenchmarkAdd(b *testing.B) {
	for _, files := range []int{256, 64} {
		b.Run(fmt.Sprint(files, " of 256 open"), func(b *testing.B) {
			s := open(b, b.TempDir(), Config{Shape: small, MaxOpen: files})
			for n := 0; b.Loop(); n++ {
				add(b, s, fmt.Sprint("dw1-", n%256), "x", 10*(n/256), busy(1))
			}
		})
	}
}
