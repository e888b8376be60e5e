package explain

import (
	"cmp"
	"slices"

	"dropwatch/counters"
	"dropwatch/counters/sockstat"
	"dropwatch/dropmon"
)

// A Loss is a row of drops to set against counters.
type Loss struct {
	Facts
	NetNS     uint32 // inode; 0 when the source does not tell
	Interface uint32 // index inside the namespace; 0 when the drop had none
	Packets   uint64
	Buffers   uint64
	// Socket is the inode of the only socket that all of it was for; 0 when
	// there were several or it is not known.
	Socket uint64
	// Flow is that of one of the packets, if one was seen.
	Flow dropmon.Flow
}

// Evidence is what was seen in one span of time. All of it must be of the same
// span, or what happened at its edges looks unexplained.
type Evidence struct {
	Changes []counters.Change
	Losses  []Loss
	// Links, Qdiscs, Sockets and Rules are those of all namespaces: what the
	// changes and the losses are about.
	Links   []counters.Link
	Qdiscs  []counters.Qdisc
	Sockets []counters.Socket
	Rules   []counters.Rule
	// AtLeast says that the source of the drops lost some, so that a counter
	// may have risen by drops that are in no loss.
	AtLeast bool
}

// An Account divides the rise of one counter among the drops that explain it.
type Account struct {
	counters.Change
	// Loss says that a rise means lost packets. Otherwise the rest of it is
	// nothing to worry about.
	Loss   bool
	Shares []Share
	// Silent is the part that no drop event can show, Cause its likely cause.
	Silent uint64
	Cause  string
	// Unexplained is the rest of a counter that means loss.
	Unexplained uint64
	// AtLeast turns "is" into "is at least": drops were missed.
	AtLeast bool
	// Parent says that a child of this queueing discipline counts the same
	// packets.
	Parent bool
	// Note says what a reader could stumble over.
	Note string
}

// A Share is what one loss has in an account.
type Share struct {
	Loss    int // index in Evidence.Losses
	Packets uint64
}

// A SilentDrop is a loss without any event: counters alone show it.
type SilentDrop struct {
	Counter string // that shows it most closely
	Scope   counters.Scope
	Packets uint64
	Verdict Verdict
	// Culprits are as in Balance.
	Culprits []Culprit
}

// A Balance is counters and drops set against each other.
type Balance struct {
	Accounts []Account // of counters that rose
	Silent   []SilentDrop
	// Culprits are who dropped each of the losses, the one with most packets
	// first; empty where that cannot be told.
	Culprits [][]Culprit
}

// Reconcile sets the drops of a span of time against the counters that rose in
// it. Counters that neither mean loss nor rose with a drop are left out.
func (b *Base) Reconcile(e Evidence) Balance {
	r := reconciler{base: b, Evidence: e, objects: newObjects(&e)}
	r.judge()
	r.share()
	r.blamed = r.culprits()
	for i, change := range e.Changes {
		if change.Delta == 0 {
			continue
		}
		if a, ok := r.account(i); ok {
			r.accounts = append(r.accounts, a)
		}
	}
	r.disagreements()
	silent := r.silence()
	for i := range r.accounts {
		r.finish(&r.accounts[i])
	}
	slices.SortStableFunc(r.accounts, func(x, y Account) int {
		return cmp.Or(cmp.Compare(y.Unexplained, x.Unexplained), cmp.Compare(y.Delta, x.Delta))
	})
	return Balance{Accounts: r.accounts, Silent: silent, Culprits: r.blamed}
}

type reconciler struct {
	base *Base
	Evidence
	objects
	verdicts []Verdict
	portions map[int][]portion // of the changes of objects, by their index
	blamed   [][]Culprit       // by loss
	accounts []Account
}

func (r *reconciler) judge() {
	for _, l := range r.Losses {
		r.verdicts = append(r.verdicts, r.base.Classify(l.Facts))
	}
}

// account shares a rise among the losses that raise this counter for certain.
func (r *reconciler) account(at int) (Account, bool) {
	change := r.Changes[at]
	a := Account{Change: change, AtLeast: r.AtLeast}
	name := canonicalCounter(change.Name)
	a.Loss = r.means(&change, name)
	if portions, ok := r.portions[at]; ok {
		for _, p := range portions {
			a.Shares = append(a.Shares, Share{p.loss, p.n})
		}
		slices.SortStableFunc(a.Shares, func(x, y Share) int { return cmp.Compare(y.Packets, x.Packets) })
		r.countedTwice(&a)
	} else {
		for _, i := range r.raisers(&a, name) {
			r.give(&a, i)
		}
	}
	a.Parent = r.isParent(change)
	return a, a.Loss || len(a.Shares) > 0
}

// means tells whether a rise of a counter means lost packets.
func (r *reconciler) means(change *counters.Change, name string) bool {
	if isOfRules(name) {
		rule := r.rules[change.Scope]
		return rule != nil && rule.Loses() && rule.Exact
	}
	known := len(r.base.lookup.counters[foldCounter(name)]) > 0
	meta, _ := counters.Lookup(change.Name)
	return meta.Loss || known && r.base.countsLosses(name)
}

// countedTwice gives the same losses to a listening socket once more: the
// kernel counts the last packet of a handshake in two places.
func (r *reconciler) countedTwice(a *Account) {
	if s := r.sockets[a.Scope]; s == nil || s.Protocol != sockstat.TCP {
		return
	}
	for i := range a.Shares {
		if n := min(a.left(), a.Shares[i].Packets); n > 0 {
			a.Shares[i].Packets += n
			a.Note = "the kernel counts a packet twice at a listening socket"
		}
	}
}

// raisers are the losses that raise a counter, the largest first.
func (r *reconciler) raisers(a *Account, name string) []int {
	var list []int
	for i, l := range r.Losses {
		if slices.Contains(r.verdicts[i].Counters, name) && within(l, a.Scope) && l.fits(name, a.Scope) && !(isOfSenders(name) && comesIn(r.blamed[i])) {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(x, y int) int { return cmp.Compare(r.Losses[y].Buffers, r.Losses[x].Buffers) })
	return list
}

// give lets a loss explain as much of the account as it can.
func (r *reconciler) give(a *Account, loss int) {
	n := min(a.left(), r.Losses[loss].Buffers)
	if perEntry(a.Name) {
		n = a.left() // one entry stands for any number of packets
	}
	if n > 0 {
		a.Shares = append(a.Shares, Share{loss, n})
	}
}

func (a *Account) left() uint64 {
	left := a.Delta - a.Silent
	for _, s := range a.Shares {
		left -= s.Packets
	}
	return left
}

// disagreements lets losses explain a counter that usually goes with them where
// their own counters did not rise as much: reason and counter disagree.
func (r *reconciler) disagreements() {
	idle := r.idle()
	for i := range r.accounts {
		a := &r.accounts[i]
		if a.left() == 0 || !a.Loss {
			continue
		}
		for _, reason := range r.base.reasonsOf(canonicalCounter(a.Name)) {
			r.disagreeing(a, reason, idle)
		}
	}
}

func (r *reconciler) disagreeing(a *Account, reason string, idle []uint64) {
	for j, l := range r.Losses {
		reasonOf := cmp.Or(r.verdicts[j].Reason, l.Reason)
		if reasonOf != reason || !within(l, a.Scope) || !l.sameFamily(a.Name) || r.isShared(a, j) {
			continue
		}
		if n := min(idle[j], a.left()); n > 0 {
			a.Shares = append(a.Shares, Share{j, n})
			a.Note = "the reason " + l.Reason + " usually raises another counter"
		}
	}
}

// idle is how much of each loss explains none of the counters that it should.
func (r *reconciler) idle() []uint64 {
	used := make([]uint64, len(r.Losses))
	for _, a := range r.accounts {
		for _, s := range a.Shares {
			if a.Loss {
				used[s.Loss] = max(used[s.Loss], s.Packets)
			}
		}
	}
	for i, l := range r.Losses {
		used[i] = l.Buffers - min(used[i], l.Buffers)
	}
	return used
}

func (r *reconciler) isShared(a *Account, loss int) bool {
	return slices.ContainsFunc(a.Shares, func(s Share) bool { return s.Loss == loss })
}

func (r *reconciler) finish(a *Account) {
	left := a.left()
	if left == 0 || !a.Loss {
		return
	}
	a.Unexplained = left
	if a.Cause == "" {
		a.Cause = r.base.unmatched(canonicalCounter(a.Name))
	}
}
