package peer

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSearch(t *testing.T) {
	member := func(name, address string) Member {
		return Member{Name: name, Address: netip.MustParseAddrPort(address)}
	}
	own, a, b := member("own", "10.0.0.1:1513"), member("a", "10.0.0.2:1513"), member("b", "10.0.0.3:1513")
	seeds := []string{"10.0.0.2:1513", "seed.example:1513"}
	s := NewSearch("own", seeds)
	now := time.Unix(1000, 0)
	ask := func(after time.Duration, members ...Member) []string {
		now = now.Add(after)
		return s.Absent(members, now)
	}
	for _, step := range []struct {
		name string
		got  []string
		want []string
	}{
		{"alone", ask(0, own), seeds},
		{"still alone", ask(time.Second, own), seeds},
		{"with one", ask(time.Second, own, a), nil},
		{"without the seed", ask(time.Second, own, b), []string{"10.0.0.2:1513"}},
		{"with all", ask(time.Second, own, a, b), nil},
		{"without one that was there", ask(time.Second, own, a), []string{"10.0.0.3:1513"}},
		{"an hour later", ask(lostFor+time.Second, own, a), []string{"10.0.0.2:1513"}}, // to compare notes
	} {
		slices.Sort(step.got)
		if diff := cmp.Diff(step.want, step.got); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
	}
	compared := 0
	s = NewSearch("own", nil)
	for range 60 {
		if got := ask(10*time.Second, own, a, b); len(got) > 0 {
			compared++
			if !slices.Contains([]string{a.Address.String(), b.Address.String()}, got[0]) {
				t.Errorf("asks %v", got)
			}
		}
	}
	if compared != 1 {
		t.Errorf("compared notes %d times, want once", compared)
	}
	many := []string{"a:1", "b:1", "c:1", "d:1", "e:1"}
	if got := NewSearch("own", many).Absent([]Member{own}, now); len(got) != most {
		t.Errorf("asks %v at once", got)
	}
	if got := NewSearch("own", nil).Absent([]Member{own}, now); got != nil {
		t.Errorf("nobody to ask, but asks %v", got)
	}
}
