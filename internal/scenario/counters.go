package scenario

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
