package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBounds(t *testing.T) {
	for _, c := range []struct {
		name string
		give series
		want bounds
	}{
		{"one", series{7}, bounds{7, 7}},
		{"odd", series{9, 1, 4}, bounds{1, 4}},
		{"even", series{8, 2, 4, 1}, bounds{1, 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := append(series(nil), c.give...)
			if got := c.give.bounds(); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
			if diff := cmp.Diff(before, c.give); diff != "" {
				t.Errorf("the series was changed: %s", diff)
			}
		})
	}
}

func TestOrder(t *testing.T) {
	got := [][]int{order(3, 0), order(3, 1), order(3, 2)}
	want := [][]int{{0, 1, 2}, {2, 1, 0}, {0, 1, 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
