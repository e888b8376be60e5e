package explain

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDivide(t *testing.T) {
	all := func(int, int) bool { return true }
	for _, test := range []struct {
		name            string
		losses, objects []uint64
		fits            func(loss, object int) bool
		want            []string
	}{
		{"one of each", []uint64{7}, []uint64{7}, all, []string{"7 of 0 by 0"}},
		{"equal numbers", []uint64{100, 40}, []uint64{40, 100}, all, []string{"100 of 0 by 1", "40 of 1 by 0"}},
		{"only one fits", []uint64{100, 40}, []uint64{70}, func(l, _ int) bool { return l == 1 }, []string{"40 of 1 by 0"}},
		{"one object for several losses", []uint64{30, 12}, []uint64{42}, all, []string{"12 of 1 by 0", "30 of 0 by 0"}},
		{"several objects for one loss", []uint64{42}, []uint64{30, 12}, all, []string{"12 of 0 by 1", "30 of 0 by 0"}},
		{"some of the objects add up", []uint64{42, 9}, []uint64{30, 12, 5, 4}, all,
			[]string{"12 of 0 by 1", "30 of 0 by 0", "4 of 1 by 3", "5 of 1 by 2"}},
		{"equal numbers twice tell nothing", []uint64{5, 5}, []uint64{5, 5}, all, []string{"perhaps 5 of 0 by 0", "perhaps 5 of 1 by 1"}},
		{"numbers that cannot be told apart", []uint64{50, 60}, []uint64{70, 20}, all,
			[]string{"perhaps 10 of 0 by 0", "perhaps 20 of 0 by 1", "perhaps 60 of 1 by 0"}},
		{"one loss that two objects want whole", []uint64{9}, []uint64{9, 9}, all, []string{"perhaps 9 of 0 by 0"}},
		{"two losses for one small object", []uint64{9, 9}, []uint64{9}, all, []string{"perhaps 9 of 0 by 0"}},
		{"nothing", []uint64{0}, []uint64{3}, all, nil},
		{"more counted than lost", []uint64{3}, []uint64{9}, all, []string{"3 of 0 by 0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, p := range divide(test.losses, test.objects, test.fits) {
				text := fmt.Sprintf("%d of %d by %d", p.n, p.loss, p.object)
				if !p.sure {
					text = "perhaps " + text
				}
				got = append(got, text)
			}
			slices.Sort(got)
			slices.Sort(test.want)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzDivide holds that nothing is counted twice and nothing is left that could
// be divided.
func FuzzDivide(f *testing.F) {
	f.Add([]byte{1, 2, 3}, []byte{3, 2, 1}, uint64(0xffff))
	f.Add([]byte{9, 9, 9, 9}, []byte{18, 18}, uint64(0x5a5a))
	f.Fuzz(func(t *testing.T, losses, objects []byte, mask uint64) {
		if len(losses) > 8 || len(objects) > 8 {
			return
		}
		numbers := func(b []byte) []uint64 {
			list := make([]uint64, len(b))
			for i, n := range b {
				list[i] = uint64(n)
			}
			return list
		}
		fits := func(l, o int) bool { return mask&(1<<(8*l+o)) != 0 }
		l, o := numbers(losses), numbers(objects)
		for _, p := range divide(l, o, fits) {
			if !fits(p.loss, p.object) || p.n == 0 || p.n > l[p.loss] || p.n > o[p.object] {
				t.Fatalf("%+v", p)
			}
			l[p.loss] -= p.n
			o[p.object] -= p.n
		}
		for i := range l {
			for j := range o {
				if fits(i, j) && l[i] > 0 && o[j] > 0 {
					t.Fatalf("%d of loss %d could be given to object %d", l[i], i, j)
				}
			}
		}
	})
}
