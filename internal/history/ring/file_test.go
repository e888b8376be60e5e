package ring

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/values"
)

var start = time.Unix(1_800_000_000, 0)

func one(key string, v float64) []values.Value { return []values.Value{{Name: key, Number: v}} }

func at(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }

func fetch(t *testing.T, path, key string, from, to time.Time, most int) *Series {
	t.Helper()
	s, err := read(t, path).Fetch(key, from, to, most)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func text(list []float64) string { return strings.Trim(fmt.Sprint(list), "[]") }

func TestFile(t *testing.T) {
	f := create(t, testConfig)
	if _, err := Create(f.path, "x", testConfig); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create twice: %v", err)
	}
	info, err := os.Stat(f.path)
	if err != nil || info.Mode() != 0o644 || info.Size() != testConfig.Size() {
		t.Errorf("%v, %v", info, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(f.path)); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	if err := f.SetName("web\x1b1\n"); err != nil {
		t.Fatal(err)
	}
	for i := range 13 {
		if err := f.Update(at(5*i), one("a", float64(i))); err != nil {
			t.Fatal(err)
		}
	}
	v := read(t, f.path)
	if id, name := v.Host(); id != "dw1-test" || strings.ContainsAny(name, "\x1b\n") || !strings.HasPrefix(name, "web") {
		t.Errorf("host %q, %q", id, name)
	}
	if diff := cmp.Diff([]Key{{"a", at(0), at(60)}}, v.Keys()); diff != "" || !v.Last().Equal(at(60)) {
		t.Errorf("%s, last %v", diff, v.Last())
	}
	s := fetch(t, f.path, "a", at(0), at(60), 0)
	if got := text(s.Average); got != "1.5 3.5 5.5 7.5 9.5 11.5" || !s.Start.Equal(at(0)) || s.Step != 10*time.Second || s.Torn != 0 {
		t.Errorf("%v from %v in %v", got, s.Start, s.Step)
	}
	if got := text(s.Max); got != text(s.Average) { // the highest of steps, not of values
		t.Errorf("highest %v", got)
	}
	if s := fetch(t, f.path, "a", at(0), at(60), 4); text(s.Average) != "2.5 6.5 10.5" || text(s.Max) != "3.5 7.5 11.5" || s.Step != 20*time.Second {
		t.Errorf("in few points: %+v", s)
	}
	if s := fetch(t, f.path, "a", at(-3600), at(60), 0); s.Step != 5*time.Minute || len(s.Average) != 9 {
		t.Errorf("more than all: %d of %v", len(s.Average), s.Step)
	}
	if s := fetch(t, f.path, "a", at(-600), at(60), 0); s.Step != time.Minute || s.Average[len(s.Average)-1] != 6.5 {
		t.Errorf("a longer time: %+v", s)
	}
	for name, r := range map[string][2]time.Time{"before": {at(-90000), at(-80000)}, "after": {at(1000), at(2000)}, "upside down": {at(60), at(0)}, "nothing": {}} {
		if s := fetch(t, f.path, "a", r[0], r[1], 0); strings.Trim(text(s.Average), "Na ") != "" {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if _, err := v.Fetch("b", at(0), at(60), 0); !errors.Is(err, ErrNoValue) {
		t.Error(err)
	}
}

func TestRefused(t *testing.T) {
	f := create(t, testConfig)
	for _, s := range []int{0, 10, 20} {
		if err := f.Update(at(s), one("a", 1)); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []int{20, 19, -1e6} {
		if err := f.Update(at(s), one("a", 5)); !errors.Is(err, ErrBackwards) || !strings.Contains(err.Error(), "2027-01-15T08:00:20Z") {
			t.Errorf("at %d: %v", s, err)
		}
	}
	if err := f.Update(at(15), one("b", 1)); err != nil {
		t.Errorf("another value: %v", err)
	}
	for _, bad := range []time.Time{{}, time.Unix(-5, 0), time.Unix(1<<40, 0)} {
		if err := f.Update(bad, one("a", 1)); err == nil || errors.Is(err, ErrBackwards) {
			t.Errorf("time %v: %v", bad, err)
		}
	}
	for i, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64} {
		if err := f.Update(at(30+i), one("a", v)); err != nil {
			t.Error(err)
		}
	}
	if err := f.Update(at(40), one("a", 7)); err != nil {
		t.Fatal(err)
	}
	f = reopen(t, f)
	if diff := cmp.Diff(Counts{Updates: 12, Refused: 3}, f.Counts()); diff != "" {
		t.Error(diff)
	}
	if got := text(fetch(t, f.path, "a", at(0), at(40), 0).Average); got != "1 1 7 7" {
		t.Error(got)
	}
}

// TestSlots has more values than slots. One that is silent for more than a day
// gives its place to another, whose past is not that of the first.
func TestSlots(t *testing.T) {
	c := testConfig
	c.Archives = append([]Archive{{Step: time.Hour, Rows: 100, Max: true}}, c.Archives...)
	f := create(t, c)
	var all []values.Value
	for i := range 6 {
		all = append(all, values.Value{Name: "v", Of: fmt.Sprint(i), Number: float64(i)})
	}
	hour := 3600
	for s := 0; s <= 2*hour; s += 10 {
		if err := f.Update(at(s), all); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.Counts().LeftOut; got != 2*721 {
		t.Errorf("%d left out", got)
	}
	few := all[1:5] // 0 is silent, 4 wants its slot
	for s := 2*hour + 10; s <= 28*hour; s += 10 {
		if err := f.Update(at(s), few); err != nil {
			t.Fatal(err)
		}
	}
	f = reopen(t, f)
	var keys []string
	v := read(t, f.path)
	for _, k := range v.Keys() {
		keys = append(keys, k.Key)
	}
	if diff := cmp.Diff([]string{"v[4]", "v[1]", "v[2]", "v[3]"}, keys); diff != "" {
		t.Error(diff)
	}
	s, err := v.Fetch("v[4]", at(0), at(28*hour), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range s.Average {
		// It came 10 seconds after the 26th hour.
		if want := 4.0; i < 26 && !math.IsNaN(got) || i >= 26 && got != want || s.Step != time.Hour {
			t.Errorf("hour %d: %v", i, got)
		}
	}
	if len(s.Average) != 28 {
		t.Errorf("%d hours", len(s.Average))
	}
}

// TestSlotOfOneThatComesBack is not given away in the update in which it does.
func TestSlotOfOneThatComesBack(t *testing.T) {
	f := create(t, Config{Slots: 1, Archives: testConfig.Archives})
	day := 24 * 3600
	if err := f.Update(at(0), one("a", 1)); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := f.Update(at(2*day+10*i), append(one("a", 2), one("b", 3)...)); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.Counts(); got.LeftOut != 3 || got.Refused != 0 {
		t.Errorf("%+v", got)
	}
	if s := fetch(t, f.path, "a", at(2*day), at(2*day+20), 0); text(s.Average) != "2 2" {
		t.Errorf("%v", s.Average)
	}
}

// TestLongPast fills archives many times over, and then comes years later.
func TestLongPast(t *testing.T) {
	f := create(t, testConfig)
	for i := range 3000 {
		if err := f.Update(at(10*i), one("a", float64(i))); err != nil {
			t.Fatal(err)
		}
	}
	s := fetch(t, f.path, "a", at(29990-300), at(29990), 0)
	if len(s.Average) != 30 || s.Average[0] != 2970 || s.Average[29] != 2999 {
		t.Errorf("finest archive: %v", s.Average)
	}
	if s := fetch(t, f.path, "a", at(0), at(29990), 0); len(s.Average) != 9 || s.Torn != 0 {
		t.Errorf("coarsest archive: %+v", s)
	}
	begin := time.Now()
	if err := f.Update(start.AddDate(150, 0, 0), one("a", 1)); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("150 years took %v", took)
	}
	if s := fetch(t, f.path, "a", start, start.AddDate(150, 0, 0), 0); strings.Trim(text(s.Average), "Na ") != "" {
		t.Errorf("the old is still there: %v", s.Average)
	}
}

func TestConfig(t *testing.T) {
	if err := (Config{}).Validate(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(DefaultConfig(), Config{}.withDefaults()); diff != "" {
		t.Error(diff)
	}
	for i, c := range []Config{
		{Slots: -1}, {Slots: 2000}, {Heartbeat: time.Second}, {Heartbeat: 48 * time.Hour},
		{Archives: []Archive{{Step: time.Millisecond, Rows: 1}}},
		{Archives: []Archive{{Step: time.Minute}}},
		{Archives: []Archive{{Step: time.Minute, Rows: 1 << 30}}},
		{Archives: []Archive{{Step: time.Minute, Rows: 1}, {Step: 90 * time.Second, Rows: 1}}},
		{Archives: []Archive{{Step: time.Minute, Rows: 1}, {Step: time.Minute, Rows: 2}}},
		{Slots: 1024, Archives: []Archive{{Step: time.Minute, Rows: 1 << 20}}},
		{Archives: make([]Archive, 9)},
	} {
		_, err := Create(filepath.Join(t.TempDir(), "x"), "", c)
		if err == nil || c.Validate() == nil || !strings.Contains(err.Error(), "history") {
			t.Errorf("%d: %v", i, err)
		}
	}
}
