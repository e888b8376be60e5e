package symbols

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeKernel counts questions and answers from a map, else with the address.
type fakeKernel struct {
	asked int
	text  map[uint64]string
	err   error
}

func (k *fakeKernel) ask(address uint64) (string, error) {
	k.asked++
	if text, ok := k.text[address]; ok {
		return text, k.err
	}
	return fmt.Sprintf("0x%x", address), k.err
}

// fakeKallsyms counts readings. Reading n returns input n, or the last one.
type fakeKallsyms struct {
	read   int
	inputs []string
	err    error
}

func (k *fakeKallsyms) load() (*Table, error) {
	k.read++
	if k.err != nil {
		return nil, k.err
	}
	return Parse(strings.NewReader(k.inputs[min(k.read, len(k.inputs))-1]))
}

func wantSymbol(t *testing.T, r *Resolver, pc uint64, want string) {
	t.Helper()
	s, ok := r.Resolve(pc)
	if ok != (want != "") || ok && s.String() != want {
		t.Errorf("Resolve(%#x) = %v, %v, want %q", pc, s, ok, want)
	}
}

func wantMethod(t *testing.T, r *Resolver, want string) {
	t.Helper()
	if got := r.Method(); got != want {
		t.Errorf("method %s, want %s", got, want)
	}
	if err := r.Err(); (err == nil) != (want != MethodNone) {
		t.Errorf("method %s, error %v", want, err)
	}
}

func TestResolverAsksKernel(t *testing.T) {
	kernel := &fakeKernel{text: map[uint64]string{0x10ff: "udp_rcv+0xff/0x100", 0x2000: "padded+0x0/0x10 [m]"}}
	kallsyms := &fakeKallsyms{err: errors.New("not wanted")}
	r := NewResolver(Config{Kernel: kernel.ask, Kallsyms: kallsyms.load})
	for range 3 {
		wantSymbol(t, r, 0x1100, "udp_rcv+0x100/0x100") // a return address at the end
		wantSymbol(t, r, 0x2001, "padded+0x1/0x10 [m]")
		wantSymbol(t, r, 0x3000, "")
		wantSymbol(t, r, 0, "")
	}
	wantMethod(t, r, MethodKernel)
	if kernel.asked != 3 || kallsyms.read != 0 {
		t.Errorf("%d questions and %d readings, want 3 and 0", kernel.asked, kallsyms.read)
	}
}

func TestResolverFallsBack(t *testing.T) {
	const input = "1000 T udp_rcv\n2000 t tail\n"
	for name, kernel := range map[string]*fakeKernel{
		"no kernel":    nil,
		"kernel fails": {err: os.ErrPermission},
		"hashed":       {text: map[uint64]string{0x1010: "00000000deadbeef"}},
	} {
		t.Run(name, func(t *testing.T) {
			kallsyms := &fakeKallsyms{inputs: []string{input}}
			config := Config{Kallsyms: kallsyms.load}
			if kernel != nil {
				config.Kernel = kernel.ask
			}
			r := NewResolver(config)
			wantSymbol(t, r, 0x1011, "udp_rcv+0x11/0x1000")
			wantMethod(t, r, MethodKallsyms)
			if kallsyms.read != 1 {
				t.Errorf("%d readings", kallsyms.read)
			}
		})
	}
}

func TestResolverMethodBeforeQuestions(t *testing.T) {
	kallsyms := &fakeKallsyms{inputs: []string{"1000 T udp_rcv\n"}}
	wantMethod(t, NewResolver(Config{Kallsyms: kallsyms.load}), MethodKallsyms)
	wantMethod(t, NewResolver(Config{Kernel: (&fakeKernel{}).ask, Kallsyms: kallsyms.load}), MethodKernel)
	if kallsyms.read != 1 {
		t.Errorf("%d readings", kallsyms.read)
	}
}

func TestResolverTellsWhyThereAreNoNames(t *testing.T) {
	noBPF := errors.New("no BPF")
	kallsyms := &fakeKallsyms{err: ErrRestricted}
	r := NewResolver(Config{Kernel: (&fakeKernel{err: noBPF}).ask, Kallsyms: kallsyms.load})
	wantSymbol(t, r, 0x1011, "")
	wantMethod(t, r, MethodNone)
	if err := r.Err(); !errors.Is(err, ErrRestricted) || !errors.Is(err, noBPF) {
		t.Errorf("got %v", err)
	}
	r = NewResolver(Config{Kallsyms: kallsyms.load})
	if err := r.Err(); !errors.Is(err, ErrRestricted) {
		t.Errorf("got %v", err)
	}
}

func TestResolverKernelRecovers(t *testing.T) {
	kernel := &fakeKernel{err: os.ErrPermission, text: map[uint64]string{0x1fff: "udp_rcv+0xfff/0x1000"}}
	r := NewResolver(Config{Kernel: kernel.ask, Kallsyms: (&fakeKallsyms{err: ErrRestricted}).load})
	wantSymbol(t, r, 0x1000, "")
	wantMethod(t, r, MethodNone)
	kernel.err = nil
	wantSymbol(t, r, 0x2000, "udp_rcv+0x1000/0x1000")
	wantMethod(t, r, MethodKernel)
}

func TestResolverReadsAgainForNewModules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const before = "1000 T udp_rcv\n"
		kallsyms := &fakeKallsyms{inputs: []string{before, before, before + "900000 t nft_do_chain\t[nf_tables]\n"}}
		r := NewResolver(Config{Kallsyms: kallsyms.load, Reload: 10 * time.Second})
		steps := []struct {
			wait time.Duration
			want string
			read int
		}{
			{0, "", 1},
			{9 * time.Second, "", 1}, // known not to be known
			{time.Second, "", 2},
			{9 * time.Second, "", 2},
			{time.Second, "nft_do_chain+0x10/0x100000 [nf_tables]", 3},
			{time.Hour, "nft_do_chain+0x10/0x100000 [nf_tables]", 3},
		}
		for i, step := range steps {
			time.Sleep(step.wait)
			wantSymbol(t, r, 0x900010, step.want)
			if kallsyms.read != step.read {
				t.Fatalf("step %d: %d readings, want %d", i, kallsyms.read, step.read)
			}
		}
		wantSymbol(t, r, 0x1010, "udp_rcv+0x10/0x100000")
	})
}

// The last function of a module seems to reach into a module that is loaded
// behind it later.
func TestResolverKnowsNewNeighbours(t *testing.T) {
	const before = "1000 T udp_rcv\n900000 t old_tail\t[old]\n"
	kallsyms := &fakeKallsyms{inputs: []string{before, before + "910000 t new_head\t[new]\n"}}
	modules := "old"
	r := NewResolver(Config{Kallsyms: kallsyms.load, Modules: func() string { return modules }})
	wantSymbol(t, r, 0x900010, "old_tail+0x10/0x100000 [old]")
	modules = "old new"
	wantSymbol(t, r, 0x910010, "new_head+0x10/0x100000 [new]")
	wantSymbol(t, r, 0x900020, "old_tail+0x20/0x10000 [old]")
	wantSymbol(t, r, 0x1010, "udp_rcv+0x10/0x100000")
	if kallsyms.read != 2 {
		t.Errorf("%d readings, want 2", kallsyms.read)
	}
}

func TestResolverRetriesFailedReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kallsyms := &fakeKallsyms{err: ErrRestricted, inputs: []string{"1000 T udp_rcv\n"}}
		r := NewResolver(Config{Kallsyms: kallsyms.load, Reload: 10 * time.Second})
		wantSymbol(t, r, 0x1010, "")
		wantSymbol(t, r, 0x1020, "")
		if kallsyms.read != 1 {
			t.Errorf("%d readings", kallsyms.read)
		}
		kallsyms.err = nil
		time.Sleep(10 * time.Second)
		wantSymbol(t, r, 0x1010, "udp_rcv+0x10/0x100000")
		kallsyms.err = ErrRestricted // the table stays
		time.Sleep(10 * time.Second)
		wantSymbol(t, r, 0x900010, "")
		wantSymbol(t, r, 0x1020, "udp_rcv+0x20/0x100000")
		wantMethod(t, r, MethodKallsyms)
	})
}

func TestResolverForgetsModules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kernel := &fakeKernel{text: map[uint64]string{0x900010: "old+0x10/0x20 [old]", 0x1010: "udp_rcv+0x10/0x20"}}
		r := NewResolver(Config{Kernel: kernel.ask})
		wantSymbol(t, r, 0x900011, "old+0x11/0x20 [old]")
		wantSymbol(t, r, 0x1011, "udp_rcv+0x11/0x20")
		kernel.text = map[uint64]string{0x900010: "new+0x0/0x20 [new]"}
		wantSymbol(t, r, 0x900011, "old+0x11/0x20 [old]")
		time.Sleep(time.Minute)
		wantSymbol(t, r, 0x900011, "new+0x1/0x20 [new]")
		wantSymbol(t, r, 0x1011, "udp_rcv+0x11/0x20")
	})
}

func TestResolverIsBounded(t *testing.T) {
	kernel := &fakeKernel{}
	r := NewResolver(Config{Kernel: kernel.ask, Entries: 10})
	for pc := uint64(1); pc <= 100; pc++ {
		r.Resolve(pc)
		if len(r.cache) > 10 {
			t.Fatalf("%d entries", len(r.cache))
		}
	}
	if kernel.asked != 100 {
		t.Errorf("%d questions", kernel.asked)
	}
}

func TestResolverConcurrent(t *testing.T) {
	kallsyms := &fakeKallsyms{inputs: []string{"1000 T udp_rcv\n2000 t tail\n"}}
	r := NewResolver(Config{Kallsyms: kallsyms.load, Entries: 16})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for pc := uint64(0x1001); pc < 0x1200; pc++ {
				if s, ok := r.Resolve(pc); !ok || s.Offset != pc-0x1000 {
					t.Errorf("Resolve(%#x) = %v, %v", pc, s, ok)
				}
				r.Method()
			}
		})
	}
	group.Wait()
	if kallsyms.read != 1 {
		t.Errorf("%d readings", kallsyms.read)
	}
}
