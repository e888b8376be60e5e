package scenario

import (
	"errors"
	"testing"
)

// A pool keeps labs that are as good as new: making one is the dearest part of
// a play in a guest.
type pool struct {
	free map[Options][]*Lab
}

// lab returns a lab for a scenario, which nobody else has until the test ends.
func (p *pool) lab(t *testing.T, s Scenario) *Lab {
	t.Helper()
	var lab *Lab
	if free := p.free[s.options()]; len(free) > 0 {
		lab = free[len(free)-1]
		p.free[s.options()] = free[:len(free)-1]
	} else {
		var err error
		if lab, err = s.Lab(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := p.takeBack(lab, t.Failed()); err != nil {
			t.Errorf("after %s: %v", s.Name, err)
		}
	})
	return lab
}

func (p *pool) takeBack(lab *Lab, failed bool) error {
	if lab.changed || failed {
		return lab.Close()
	}
	if err := lab.empty(); err != nil {
		return errors.Join(err, lab.Close())
	}
	if p.free == nil {
		p.free = map[Options][]*Lab{}
	}
	p.free[lab.options] = append(p.free[lab.options], lab)
	return nil
}

func (p *pool) close(t *testing.T) {
	for _, free := range p.free {
		for _, lab := range free {
			if err := lab.Close(); err != nil {
				t.Errorf("close lab: %v", err)
			}
		}
	}
	p.free = nil
}
