package ring

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// written is a file with a past, its bytes, and where they are.
func written(t testing.TB) ([]byte, layout, string) {
	t.Helper()
	f := create(t, testConfig)
	for i := range 100 {
		if err := f.Update(at(10*i), append(one("a", float64(i)), one("b[x]", 1)...)); err != nil {
			t.Fatal(err)
		}
	}
	f.Close()
	data, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	return data, f.layout, f.path
}

// TestDamage breaks blocks as a loss of power can: what can be saved is.
func TestDamage(t *testing.T) {
	data, l, _ := written(t)
	current := l.state[0]
	if order.Uint64(data[l.state[1]:]) > order.Uint64(data[current:]) {
		current = l.state[1]
	}
	other := l.state[0] + l.state[1] - current
	names := l.names[order.Uint64(data[current+8:])%2]
	for name, test := range map[string]struct {
		at     []int64
		broken bool
		last   time.Time
	}{
		"nothing":        {last: at(990)},
		"newest state":   {at: []int64{current}, last: at(980)},
		"older state":    {at: []int64{other}, last: at(990)},
		"both states":    {at: []int64{current, other}},
		"names":          {at: []int64{names}, last: at(990)}, // the values are gone
		"shape":          {at: []int64{20}, broken: true},
		"name of format": {at: []int64{0}, broken: true},
		"all names":      {at: []int64{l.names[0], l.names[1]}, broken: true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			damaged := bytes.Clone(data)
			for _, at := range test.at {
				damaged[at] ^= 0x55
			}
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			v, err := Read(path)
			if test.broken {
				if _, e := Open(path); !errors.Is(err, ErrBroken) || !errors.Is(e, ErrBroken) || !strings.Contains(err.Error(), "remove it") {
					t.Errorf("%v, %v", err, e)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			if !v.Last().Equal(test.last) {
				t.Errorf("last %v", v.Last())
			}
			if name != "names" {
				s, err := v.Fetch("a", at(900), at(980), 0)
				if err != nil || text(s.Average) != "91 92 93 94 95 96 97 98" {
					t.Errorf("%v, %v", s, err)
				}
			}
			goesOn(t, path)
		})
	}
}

// goesOn writes to a file that was damaged.
func goesOn(t *testing.T, path string) {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := 100; i <= 130; i++ {
		if err := f.Update(at(10*i), one("a", float64(i))); err != nil {
			t.Fatal(err)
		}
	}
	s := fetch(t, path, "a", at(1200), at(1300), 0)
	if got := text(s.Average); got != "121 122 123 124 125 126 127 128 129 130" {
		t.Errorf("after the damage: %v", got)
	}
}

// TestTornRow has a row that was half written.
func TestTornRow(t *testing.T) {
	data, l, path := written(t)
	c := testConfig.withDefaults()
	data[l.row(&c, 0, at(950).Unix())+rowHead+1] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s := fetch(t, path, "a", at(930), at(970), 0)
	if text(s.Average) != "94 NaN 96 97" || s.Torn != 1 {
		t.Errorf("%v, %d torn", s.Average, s.Torn)
	}
}

func TestCutOff(t *testing.T) {
	data, _, path := written(t)
	for _, n := range []int{0, 1, 100, shapeBytes, 5000, len(data) - 1} {
		if err := os.WriteFile(path, data[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); !errors.Is(err, ErrBroken) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// FuzzRead reads files that hostile hands wrote: valid ones with bytes changed
// and checksums made right.
func FuzzRead(f *testing.F) {
	data, l, _ := written(f)
	f.Add(uint16(0), []byte{}, true)
	f.Add(uint16(12), []byte{255, 255}, true)
	f.Add(uint16(24), []byte{8}, true)
	f.Add(uint16(l.names[1]), []byte{1, 0, 0, 0, 0, 0, 0, 0, 255, 255}, true)
	f.Add(uint16(l.state[0]+16), bytes.Repeat([]byte{0xff}, 300), true)
	f.Add(uint16(l.rows[0]), bytes.Repeat([]byte{0x7f}, 900), false)
	f.Fuzz(func(t *testing.T, at uint16, change []byte, valid bool) {
		damaged := bytes.Clone(data)
		copy(damaged[min(int(at), len(damaged)):], change)
		if valid {
			seal(damaged[:shapeBytes])
			for i := range 2 {
				seal(damaged[l.names[i]:][:l.namesBytes])
				seal(damaged[l.state[i]:][:l.stateLen])
			}
		}
		v, err := newView(bytes.NewReader(damaged), "x", 0)
		if err != nil {
			if !errors.Is(err, ErrBroken) {
				t.Fatal(err)
			}
			return
		}
		for _, k := range v.Keys() {
			for _, r := range [][2]time.Time{{start, start.Add(time.Hour)}, {{}, time.Unix(math.MaxInt64, 0)}, {v.Last().Add(-time.Hour), v.Last()}} {
				s, err := v.Fetch(k.Key, r[0], r[1], 100)
				if err != nil || len(s.Average) > 100 || s.Max != nil && len(s.Max) != len(s.Average) {
					t.Fatalf("%+v, %v", s, err)
				}
			}
			if _, err := v.Rows(k.Key, len(v.Config().Archives)-1); err != nil {
				t.Fatal(err)
			}
		}
	})
}
