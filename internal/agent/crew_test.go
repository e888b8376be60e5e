package agent

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// Parts that stay as they are do not notice that others change.
func TestCrew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		run := func(name string) part {
			return part{name, func(ctx context.Context) error {
				told = append(told, "start "+name)
				<-ctx.Done()
				told = append(told, "stop "+name)
				return nil
			}}
		}
		s := newSupervisor(func(h Health) { t.Errorf("%+v", h) })
		c := newCrew(s)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		step := func(want []string, list ...wanted) {
			t.Helper()
			told = nil
			c.apply(func() []wanted { return list })
			synctest.Wait()
			if diff := cmp.Diff(want, told); diff != "" {
				t.Error(diff)
			}
		}
		step(nil, wanted{part: run("a")}) // not begun
		c.begin(ctx)
		step([]string{"start a"}, wanted{part: run("a")})
		step([]string{"start b"}, wanted{part: run("a")}, wanted{part: run("b"), settings: []int{1}})
		step(nil, wanted{part: run("a")}, wanted{part: run("b"), settings: []int{1}})
		step([]string{"stop b", "start b"}, wanted{part: run("a")}, wanted{part: run("b"), settings: []int{2}})
		step([]string{"stop a"}, wanted{part: run("b"), settings: []int{2}})
		if list := s.all(); len(list) != 1 || list[0].Name != "b" || !list[0].Running {
			t.Errorf("health %+v", list)
		}
		told = nil
		c.stop()
		if diff := cmp.Diff([]string{"stop b"}, told); diff != "" {
			t.Error(diff)
		}
		cancel()
		step(nil, wanted{part: run("a")}) // nothing is started at the end
	})
}
