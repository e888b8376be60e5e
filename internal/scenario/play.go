package scenario

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// An Observer is a source of drops under test.
type Observer struct {
	// Read returns all drops since the observer began to watch, in any number
	// of rows; rows that are alike are added up.
	Read  func() ([]Observed, error)
	Sight Sight
	// Knows and Release are as in [Scene].
	Knows   func(reason string) bool
	Release string
	// Patience is how long late drops are waited for; 0 means 8 s.
	Patience time.Duration
}

// Play runs the scenario in a lab and judges what the observer saw of it. It
// returns when everything wanted was seen and nothing else, or when patience
// ends; then the error says what differs.
func (s Scenario) Play(l *Lab, o Observer) error {
	if s.Setup != nil {
		if err := s.Setup(l); err != nil {
			return fmt.Errorf("set up: %w", err)
		}
	}
	scene, err := l.scene(o)
	if err != nil {
		return err
	}
	before, err := s.readCounters(l)
	if err != nil {
		return err
	}
	rows, err := o.Read()
	if err != nil {
		return fmt.Errorf("read drops: %w", err)
	}
	if err := s.Send(l); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if o.Patience == 0 {
		o.Patience = 8 * time.Second
	}
	judge := func() error { return s.judge(l, o, scene, before, rows) }
	if err := await(o.Patience, judge); err != nil {
		return err
	}
	// what comes in excess must not hide behind the first right answer
	return judge()
}

func (s Scenario) judge(l *Lab, o Observer, scene Scene, before map[counterKey]uint64, earlier []Observed) error {
	after, err := s.readCounters(l)
	if err != nil {
		return err
	}
	scene.Rises = rises(before, after)
	rows, err := o.Read()
	if err != nil {
		return fmt.Errorf("read drops: %w", err)
	}
	return s.Check(scene, o.Sight, subtract(rows, earlier))
}

// counterKeys are all counters that the scenario speaks of.
func (s Scenario) counterKeys() []counterKey {
	var keys []counterKey
	for _, c := range s.Counters {
		keys = append(keys, counterKey{c.Node, c.Name})
		if c.Same != "" {
			keys = append(keys, counterKey{c.Node, c.Same})
		}
	}
	for _, w := range s.Want {
		if w.FromCounter != "" {
			keys = append(keys, counterKey{w.Node, w.FromCounter})
		}
	}
	return keys
}

func (s Scenario) readCounters(l *Lab) (map[counterKey]uint64, error) {
	values := map[counterKey]uint64{}
	for _, key := range s.counterKeys() {
		value, err := l.ReadCounter(key.node, key.name)
		if err != nil {
			return nil, err
		}
		values[key] = value
	}
	return values, nil
}

func rises(before, after map[counterKey]uint64) map[Node]map[string]uint64 {
	rise := map[Node]map[string]uint64{}
	for key, value := range after {
		if rise[key.node] == nil {
			rise[key.node] = map[string]uint64{}
		}
		rise[key.node][key.name] = value - before[key]
	}
	return rise
}

// subtract adds rows up that are alike and takes away what was there earlier.
func subtract(rows, earlier []Observed) []Observed {
	type sum struct{ packets, buffers uint64 }
	sums := map[Observed]sum{}
	add := func(row Observed, sign uint64) {
		key := row
		key.Packets, key.Buffers = 0, 0
		sums[key] = sum{sums[key].packets + sign*row.Packets, sums[key].buffers + sign*row.Buffers}
	}
	for _, row := range rows {
		add(row, 1)
	}
	for _, row := range earlier {
		add(row, ^uint64(0))
	}
	var left []Observed
	for key, n := range sums {
		if n.buffers != 0 {
			key.Packets, key.Buffers = n.packets, n.buffers
			left = append(left, key)
		}
	}
	return left
}

// scene describes the lab as it is now.
func (l *Lab) scene(o Observer) (Scene, error) {
	scene := Scene{Inodes: l.inodes, Interfaces: map[Node]map[string]uint32{}, Knows: o.Knows, Release: o.Release}
	var errs []error
	for _, n := range l.list() {
		indexes := map[string]uint32{}
		errs = append(errs, l.Do(n, func() error {
			all, err := net.Interfaces()
			for _, i := range all {
				indexes[i.Name] = uint32(i.Index)
			}
			return err
		}))
		scene.Interfaces[n] = indexes
	}
	return scene, errors.Join(errs...)
}
