package symbols

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Ways in which a [Resolver] finds names.
const (
	MethodKernel   = "kernel"   // the running kernel prints the symbol
	MethodKallsyms = "kallsyms" // a table read from kallsyms
	MethodNone     = "none"     // not at all
)

// Config says how a [Resolver] works. The zero value uses /proc/kallsyms.
type Config struct {
	// Kernel asks the running kernel to print an address with %pS, for example
	// by a BPF program. The text is "name+0x3e8/0x5d0 [module]", or the address
	// in hex for an unknown one. It is never called concurrently. When it is
	// nil or fails, kallsyms is used.
	Kernel func(address uint64) (string, error)
	// Kallsyms reads the table. Default is [Load]. It is called when a name is
	// first needed from it and never concurrently.
	Kallsyms func() (*Table, error)
	// Modules returns a text that changes when a kernel module comes or goes.
	// Default reads /proc/modules. It is never called concurrently.
	Modules func() string
	// Entries bounds the cache of addresses. Default 8192. A full cache is
	// emptied.
	Entries int
	// Reload is the least time between two readings of kallsyms while the
	// modules stay. For as long it is also remembered that an address has no
	// name, and that it belongs to a module. Default 30 s.
	Reload time.Duration
}

// A Resolver names the return addresses of the running kernel. It remembers
// answers, and is safe for concurrent use.
type Resolver struct {
	config Config

	cacheMu sync.RWMutex
	cache   map[uint64]answer

	mu        sync.Mutex // held while asking; guards what follows
	kernelErr error      // of the last question to the kernel
	table     *Table
	tableErr  error     // of the last reading
	read      time.Time // of the last reading, zero before the first
	modules   string    // that were there at the last reading
}

type answer struct {
	symbol Symbol
	ok     bool
	until  time.Time // zero: for good
}

// NewResolver makes a resolver. It reads nothing until the first question.
func NewResolver(config Config) *Resolver {
	if config.Kallsyms == nil {
		config.Kallsyms = Load
	}
	if config.Modules == nil {
		config.Modules = loadedModules
	}
	if config.Entries <= 0 {
		config.Entries = 8192
	}
	if config.Reload <= 0 {
		config.Reload = 30 * time.Second
	}
	return &Resolver{config: config, cache: make(map[uint64]answer)}
}

// Resolve names the return address pc, as [Table.ResolveReturn] does. It
// returns false if the address is not known; [Resolver.Err] tells whether any
// could be. It may block for tens of milliseconds while it reads kallsyms; an
// address that was asked for before does not wait for that.
func (r *Resolver) Resolve(pc uint64) (Symbol, bool) {
	if pc == 0 {
		return Symbol{}, false
	}
	if a, ok := r.cached(pc); ok {
		return a.symbol, a.ok
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if a, ok := r.cached(pc); ok { // found by another caller meanwhile
		return a.symbol, a.ok
	}
	a := answer{}
	a.symbol, a.ok = r.ask(pc)
	if !a.ok || a.symbol.Module != "" {
		a.until = time.Now().Add(r.config.Reload)
	}
	r.remember(pc, a)
	return a.symbol, a.ok
}

// Method tells which way names are found now: one of the Method constants. It
// reads kallsyms if that is needed to know.
func (r *Resolver) Method() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.method()
}

// Err tells why there are no names: nil unless [Resolver.Method] is
// [MethodNone].
func (r *Resolver) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.method() != MethodNone {
		return nil
	}
	if r.kernelErr != nil {
		return fmt.Errorf("resolve kernel addresses: %w (asking the kernel: %w)", r.tableErr, r.kernelErr)
	}
	return fmt.Errorf("resolve kernel addresses: %w", r.tableErr)
}

func (r *Resolver) method() string {
	if r.config.Kernel != nil && r.kernelErr == nil {
		return MethodKernel
	}
	if r.read.IsZero() {
		r.readTable()
	}
	if r.table != nil {
		return MethodKallsyms
	}
	return MethodNone
}

func (r *Resolver) cached(pc uint64) (answer, bool) {
	r.cacheMu.RLock()
	a, ok := r.cache[pc]
	r.cacheMu.RUnlock()
	if ok && !a.until.IsZero() && !time.Now().Before(a.until) {
		return answer{}, false
	}
	return a, ok
}

func (r *Resolver) remember(pc uint64, a answer) {
	r.cacheMu.Lock()
	defer r.cacheMu.Unlock()
	if len(r.cache) >= r.config.Entries {
		clear(r.cache)
	}
	r.cache[pc] = a
}

func (r *Resolver) ask(pc uint64) (Symbol, bool) {
	if r.config.Kernel != nil {
		s, known, err := r.askKernel(pc)
		r.kernelErr = err
		if err == nil {
			return s, known
		}
	}
	return r.askTable(pc)
}

func (r *Resolver) askKernel(pc uint64) (Symbol, bool, error) {
	text, err := r.config.Kernel(pc - 1)
	if err != nil {
		return Symbol{}, false, err
	}
	s, known, err := parsePrinted(text, pc-1)
	if known {
		s.Offset++
	}
	return detach(s), known, err
}

func (r *Resolver) askTable(pc uint64) (Symbol, bool) {
	if s, ok := r.lookUp(pc); ok && s.Module == "" {
		return s, true
	}
	// The address is in a module, or will be. The last function of one seems to
	// reach as far as the next one that the table knows, so a name is only
	// right for the modules that were there when the table was read.
	if r.read.IsZero() || r.config.Modules() != r.modules || r.table == nil && time.Since(r.read) >= r.config.Reload {
		r.readTable()
	}
	if s, ok := r.lookUp(pc); ok || time.Since(r.read) < r.config.Reload {
		return s, ok
	}
	r.readTable() // BPF programs and trampolines are in no module
	return r.lookUp(pc)
}

func (r *Resolver) lookUp(pc uint64) (Symbol, bool) {
	if r.table == nil {
		return Symbol{}, false
	}
	s, ok := r.table.ResolveReturn(pc)
	return detach(s), ok
}

// readTable replaces the table. An old one outlives a failure.
func (r *Resolver) readTable() {
	// asked first: what comes meanwhile makes the next question read again
	r.modules = r.config.Modules()
	t, err := r.config.Kallsyms()
	r.read, r.tableErr = time.Now(), err
	if err == nil {
		r.table = t
	}
}

// detach copies the names, so that a remembered symbol does not keep an old
// table or a large buffer in memory.
func detach(s Symbol) Symbol {
	s.Name, s.Module = strings.Clone(s.Name), strings.Clone(s.Module)
	return s
}
