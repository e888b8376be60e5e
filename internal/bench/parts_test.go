package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParts(t *testing.T) {
	p := allParts()
	if got, want := p.String(), "agent,cluster,drops,guest"; got != want {
		t.Errorf("all are %q, want %q", got, want)
	}
	for _, text := range []string{"", "agents", "agent,", "agent cluster"} {
		if err := p.Set(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
	if diff := cmp.Diff(allParts(), p); diff != "" {
		t.Errorf("a text that was refused has changed them: %s", diff)
	}
	if err := p.Set("cluster,agent"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parts{partAgent: true, partCluster: true}, p); diff != "" {
		t.Error(diff)
	}
}
