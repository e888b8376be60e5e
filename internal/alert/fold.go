package alert

// A fold makes one number of those of many hosts.
type fold struct {
	sum, high, low float64
	highOn, lowOn  string
	hosts          int
}

// fold adds the number of a host.
func (r *round) fold(p place, host string, n float64) {
	if r.folds == nil {
		r.folds = make(map[place]*fold)
	}
	f := r.folds[p]
	if f == nil {
		f = &fold{high: n, low: n, highOn: host, lowOn: host}
		r.folds[p] = f
	}
	f.sum += n
	f.hosts++
	if n > f.high {
		f.high, f.highOn = n, host
	}
	if n < f.low {
		f.low, f.lowOn = n, host
	}
}

// cluster goes on with the alerts of the cluster.
func (r *round) cluster() {
	for _, rule := range r.wanted {
		c, at := &r.rules[rule], place{rule, "", r.rules[rule].when.Of}
		if c.Cluster != "" && r.folds[at] == nil && r.reach[rule].drops > 0 {
			r.observe(at, "", "", 0)
		}
	}
	for p, f := range r.folds {
		c := &r.rules[p.rule]
		if zeros := r.reach[p.rule].drops - f.hosts; c.listed && zeros > 0 {
			f.hosts += zeros
			f.high, f.low = max(f.high, 0), min(f.low, 0)
			if f.low == 0 {
				f.lowOn = "" // many
			}
		}
		n, on := f.result(c.Cluster)
		if known(n) {
			r.observe(p, "", on, n)
		}
	}
}

// result is the number, and the host that it comes from most.
func (f *fold) result(kind Fold) (n float64, on string) {
	switch kind {
	case Sum:
		return f.sum, f.highOn
	case Max:
		return f.high, f.highOn
	case Min:
		return f.low, f.lowOn
	}
	return f.sum / float64(f.hosts), ""
}

// A reach counts the hosts that a rule is for.
type reach struct {
	hosts int
	up    int
	drops int // up, and tell of drops
}

func (r *reach) add(h *hostState) {
	r.hosts++
	if h.up {
		r.up++
		if h.drops {
			r.drops++
		}
	}
}

func (r *reach) sight() sight {
	switch {
	case r.hosts == 0:
		return gone
	case r.up == 0:
		return down
	case r.drops > 0:
		return believed
	}
	return silent
}
