package ring

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"dropwatch/internal/values"
)

// A model keeps everything and counts anew for each question.
type model struct {
	heartbeat time.Duration
	points    []point
}

type point struct {
	t time.Time
	v float64
}

// step is the average of what is known of a step.
func (m *model) step(end time.Time, step time.Duration) float64 {
	begin := end.Add(-step)
	var known, sum float64
	for i := 1; i < len(m.points); i++ {
		from, to := m.points[i-1].t, m.points[i].t
		if to.Sub(from) > m.heartbeat {
			continue
		}
		if from.Before(begin) {
			from = begin
		}
		if to.After(end) {
			to = end
		}
		if d := to.Sub(from).Seconds(); d > 0 {
			known += d
			sum += d * m.points[i].v
		}
	}
	if known < step.Seconds()/2 {
		return math.NaN()
	}
	return sum / known
}

func (m *model) row(end time.Time, finest, step time.Duration) (average, highest float64) {
	n, known, sum := 0, 0, 0.0
	highest = math.Inf(-1)
	for at := end.Add(-step).Add(finest); !at.After(end); at = at.Add(finest) {
		n++
		if v := m.step(at, finest); !math.IsNaN(v) {
			known++
			sum += v
			highest = max(highest, v)
		}
	}
	if 2*known < n {
		return math.NaN(), math.NaN()
	}
	return sum / float64(known), highest
}

func same(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b))
}

var testConfig = Config{
	Slots: 4, Heartbeat: 25 * time.Second,
	Archives: []Archive{{Step: 10 * time.Second, Rows: 30}, {Step: time.Minute, Rows: 20, Max: true}, {Step: 5 * time.Minute, Rows: 9, Max: true}},
}

func create(t testing.TB, c Config) *File {
	t.Helper()
	f, err := Create(filepath.Join(t.TempDir(), "host.ring"), "dw1-test", c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func read(t testing.TB, path string) *View {
	t.Helper()
	v, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

// TestModel gives random values at random times, of which some are far apart and
// some in groups, to a file that is closed and opened at times.
func TestModel(t *testing.T) {
	known := 0
	for seed := range uint64(16) {
		r := rand.New(rand.NewPCG(seed, 1))
		f := create(t, testConfig)
		now := time.Unix(1_800_000_000, int64(r.IntN(1e9)))
		models := map[string]*model{}
		for range 300 {
			now = now.Add(pauseOf(r))
			if r.IntN(3) == 0 { // at the end of a step
				now = now.Truncate(10 * time.Second).Add(10 * time.Second)
			}
			list := randomValues(r)
			update(t, f, models, now, list)
			if r.IntN(20) == 0 {
				f = reopen(t, f)
			}
		}
		known += compare(t, fmt.Sprint("seed ", seed), read(t, f.path), models)
	}
	if known < 800 {
		t.Errorf("only %d rows are known", known)
	}
}

func pauseOf(r *rand.Rand) time.Duration {
	switch r.IntN(40) {
	case 0:
		return time.Duration(r.Int64N(int64(20 * time.Minute)))
	case 1:
		return time.Duration(r.Int64N(int64(time.Minute)))
	case 2, 3, 4:
		return time.Duration(r.Int64N(int64(time.Second))) + 1
	case 5, 6:
		return 10 * time.Second
	}
	return time.Duration(r.Int64N(int64(15*time.Second))) + 1
}

func randomValues(r *rand.Rand) []values.Value {
	var list []values.Value
	for i := range 3 {
		if r.IntN(8) != 0 {
			list = append(list, values.Value{Name: "v", Of: fmt.Sprint(i), Number: math.Round(r.NormFloat64()*1000) / 8})
		}
	}
	return list
}

func update(t *testing.T, f *File, models map[string]*model, now time.Time, list []values.Value) {
	t.Helper()
	if err := f.Update(now, list); err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		m := models[v.Key()]
		if m == nil {
			m = &model{heartbeat: f.config.Heartbeat}
			models[v.Key()] = m
		}
		m.points = append(m.points, point{now, v.Number})
	}
}

func reopen(t *testing.T, f *File) *File {
	t.Helper()
	f.Close()
	f, err := Open(f.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func compare(t *testing.T, what string, view *View, models map[string]*model) (known int) {
	t.Helper()
	c := view.Config()
	for key, m := range models {
		last := m.points[len(m.points)-1].t
		for a := range c.Archives {
			s, err := view.Rows(key, a)
			if err != nil || s.Torn != 0 {
				t.Fatalf("%s: %d torn, %v", what, s.Torn, err)
			}
			if len(s.Average) != c.Archives[a].Rows {
				t.Fatalf("%s: archive %d has %d rows", what, a, len(s.Average))
			}
			for i, got := range s.Average {
				end := s.Start.Add(time.Duration(i+1) * s.Step)
				want, highest := m.row(end, c.Archives[0].Step, s.Step)
				if end.After(last) {
					want, highest = math.NaN(), math.NaN()
				}
				if !same(got, want) || s.Max != nil && !same(s.Max[i], highest) {
					t.Fatalf("%s: %s, archive %d, row of %v: %v, highest %v; want %v, %v", what, key, a, end.UTC(), got, s.Max[i], want, highest)
				}
				if !math.IsNaN(got) {
					known++
				}
			}
		}
	}
	return known
}
