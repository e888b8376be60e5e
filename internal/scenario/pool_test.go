package scenario

import "testing"

// A pool keeps labs for scenarios that leave none of their own behind: making
// one is the dearest part of a play.
type pool struct {
	free map[Options][]*Lab
}

// lab returns a lab for a scenario, which nobody else has until the test ends.
func (p *pool) lab(t *testing.T, s Scenario) *Lab {
	t.Helper()
	options := s.options()
	if free := p.free[options]; s.leavesNothing() && len(free) > 0 {
		lab := free[len(free)-1]
		p.free[options] = free[:len(free)-1]
		p.keep(t, lab)
		return lab
	}
	lab, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	if s.leavesNothing() {
		p.keep(t, lab)
		return lab
	}
	t.Cleanup(func() {
		if err := lab.Close(); err != nil {
			t.Errorf("close lab of %s: %v", s.Name, err)
		}
	})
	return lab
}

// keep takes a lab back when the test ends, unless the test found a fault.
func (p *pool) keep(t *testing.T, lab *Lab) {
	t.Cleanup(func() {
		if err := lab.empty(); err != nil {
			t.Error(err)
		}
		if p.free == nil {
			p.free = map[Options][]*Lab{}
		}
		p.free[lab.options] = append(p.free[lab.options], lab)
	})
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
