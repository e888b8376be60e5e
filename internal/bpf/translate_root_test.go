package bpf

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	classic "golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"dropwatch/internal/pcapfilter"
)

// A bench runs translated programs on frames that the test writes, as the drop
// program does on those of the kernel.
type bench struct {
	drop  asm.Instructions // the drop program
	maps  map[string]*ebpf.Map
	specs map[string]*ebpf.MapSpec
	input *ebpf.Memory

	undecided int // verdicts
}

// benchBytes is the longest frame.
const benchBytes = 1024

func newBench(t *testing.T) *bench {
	t.Helper()
	needRoot(t)
	spec, err := loadRaw()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{drop: spec.Programs["kfree_skb_2"].Instructions, maps: make(map[string]*ebpf.Map), specs: map[string]*ebpf.MapSpec{
		"frames": spec.Maps["frames"],
		"input":  {Type: ebpf.Array, KeySize: 4, ValueSize: 16 + benchBytes, MaxEntries: 1, Flags: unix.BPF_F_MMAPABLE},
	}}
	for name, m := range b.specs {
		if b.maps[name], err = ebpf.NewMap(m); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.maps[name].Close() })
	}
	if b.input, err = b.maps["input"].Memory(); err != nil {
		t.Fatal(err)
	}
	return b
}

// load loads a translated program.
func (b *bench) load(body asm.Instructions) (*ebpf.Program, error) {
	drop, err := replace(b.drop, filterFunction, body)
	if err != nil {
		return nil, err
	}
	program := benchProgram()
	for _, name := range []string{filterFunction, loadFunction} {
		if start, end, err := function(drop, name); err == nil {
			program = append(program, drop[start:end]...)
		}
	}
	spec := &ebpf.CollectionSpec{Maps: b.specs, Programs: map[string]*ebpf.ProgramSpec{"bench": {
		Name: "bench", Type: ebpf.RawTracepoint, License: "Dual MIT/GPL", Instructions: program,
	}}}
	c, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{MapReplacements: b.maps})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.DetachProgram("bench"), nil
}

// benchProgram fills the first frame and calls the filter.
func benchProgram() asm.Instructions {
	lookup := func(name string) asm.Instructions {
		return asm.Instructions{
			asm.LoadMapPtr(asm.R1, 0).WithReference(name),
			asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, -4),
			asm.FnMapLookupElem.Call(),
			asm.JEq.Imm(asm.R0, 0, "bench_lost"),
		}
	}
	list := asm.Instructions{asm.StoreImm(asm.RFP, -4, 0, asm.Word)}
	list = append(list, lookup("input")...)
	list = append(list, asm.Mov.Reg(asm.R7, asm.R0))
	list = append(list, lookup("frames")...)
	list = append(list, asm.Mov.Reg(asm.R6, asm.R0))
	for i, offset := range []int16{frameLength, frameLength + 4, frameCopied} { // length, linear, copied
		list = append(list, asm.LoadMem(asm.R8, asm.R7, int16(4*i), asm.Word), asm.StoreMem(asm.R6, offset, asm.R8, asm.Word))
	}
	list = append(list,
		asm.Mov.Reg(asm.R3, asm.R7), asm.Add.Imm(asm.R3, 16),
		asm.StoreMem(asm.R6, 0, asm.R3, asm.DWord), // address
		asm.JGT.Imm(asm.R8, frameBytes, "bench_lost"),
		asm.Mov.Reg(asm.R2, asm.R8),
		asm.Mov.Reg(asm.R1, asm.R6), asm.Add.Imm(asm.R1, int32(frameData)),
		asm.FnProbeReadKernel.Call(),
		asm.Mov.Imm(asm.R1, 0),
		asm.Call.Label(filterFunction),
		asm.Return(),
		asm.Mov.Imm(asm.R0, 9).WithSymbol("bench_lost"),
		asm.Return(),
	)
	integer := &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
	main := &btf.Func{Name: "bench", Type: &btf.FuncProto{Return: integer}, Linkage: btf.GlobalFunc}
	list[0] = btf.WithFuncMetadata(list[0].WithSymbol("bench").WithSource(asm.Comment("bench")), main)
	return list
}

// show puts a frame of which only the first bytes can be read before the
// program.
func (b *bench) show(t *testing.T, frame []byte, linear, copied int) {
	t.Helper()
	raw := make([]byte, 16, 16+benchBytes)
	binary.NativeEndian.PutUint32(raw, uint32(len(frame)))
	binary.NativeEndian.PutUint32(raw[4:], uint32(linear))
	binary.NativeEndian.PutUint32(raw[8:], uint32(min(linear, copied)))
	raw = append(raw, frame[:linear]...)
	if _, err := b.input.WriteAt(raw, 0); err != nil {
		t.Fatal(err)
	}
}

// verdict shows a frame to a program.
func (b *bench) verdict(t *testing.T, program *ebpf.Program, frame []byte, linear int, limit uint32) uint32 {
	t.Helper()
	b.show(t, frame, linear, int(limit))
	verdict, err := program.Run(&ebpf.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

// goldenPrograms are those that tcpdump makes, with and without its optimiser,
// and ours. In a guest there are only ours, of a few expressions.
func goldenPrograms(t *testing.T) map[string][]classic.RawInstruction {
	t.Helper()
	programs := make(map[string][]classic.RawInstruction)
	text, err := os.ReadFile("../pcapfilter/testdata/oracle-en10mb.txt")
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("VMTEST") != "" {
		for _, e := range expressions {
			text = append(text, "> "+e+"\n"...)
		}
		err = nil
	}
	if err != nil {
		t.Fatal(err)
	}
	expression := ""
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		line := s.Text()
		var i classic.RawInstruction
		if e, ok := strings.CutPrefix(line, "> "); ok {
			expression = e
			if p, err := pcapfilter.Compile(e, pcapfilter.Ethernet); err == nil {
				programs["ours: "+e] = p.Instructions()
			}
		} else if rest, plain := strings.CutPrefix(line, "O "); expression != "" && line[0] != '!' {
			name := "tcpdump: "
			if plain {
				name = "tcpdump -O: "
			}
			if _, err := fmt.Sscanf(rest, "%d %d %d %d", &i.Op, &i.Jt, &i.Jf, &i.K); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			programs[name+expression] = append(programs[name+expression], i)
		}
	}
	return programs
}

// TestRootTranslated compares the verdicts of translated programs with those of
// the machine of golang.org/x/net.
func TestRootTranslated(t *testing.T) {
	b := newBench(t)
	list := sampleFrames()
	telling, left := 0, 0
	programs := goldenPrograms(t)
	for name, code := range programs {
		vm := machine(t, code)
		if vm == nil {
			left++
		} else if accepted := b.compare(t, name, code, vm, list); accepted > 0 && accepted < len(list) {
			telling++
		}
	}
	t.Logf("%d programs on %d frames, %d of them tell frames apart; %d that the other machine cannot run; %d verdicts on cut frames undecided",
		len(programs), len(list), telling, left, b.undecided)
	if telling < len(programs)/6 || left > len(programs)/20 || b.undecided < len(programs) {
		t.Errorf("%d of %d programs tell frames apart, %d are left out", telling, len(programs), left)
	}
}

// compare returns how many frames match. Of a frame at most limit bytes are
// copied; the others are loaded by the function for that.
func (b *bench) compare(t *testing.T, name string, code []classic.RawInstruction, vm *classic.VM, list [][]byte) (accepted int) {
	t.Helper()
	for i, limit := range []uint32{frameLimit(code), leastFrame, frameBytes} {
		body, err := translateAs(code, limit, i == 2)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		program, err := b.load(body)
		if err != nil {
			t.Fatalf("%s: %+v", name, err)
		}
		accepted = b.compareAll(t, name, program, limit, vm, list)
		program.Close()
	}
	return accepted
}

func (b *bench) compareAll(t *testing.T, name string, program *ebpf.Program, limit uint32, vm *classic.VM, list [][]byte) (accepted int) {
	t.Helper()
	for _, frame := range list {
		n, err := vm.Run(frame)
		if err != nil {
			t.Fatal(err)
		}
		want := uint32(frameRejected)
		if n != 0 {
			want = frameAccepted
			accepted++
		}
		if got := b.verdict(t, program, frame, len(frame), limit); got != want {
			t.Fatalf("%s, %d bytes copied: frame %x: %d, want %d", name, limit, frame, got, want)
		}
		// the rest of the frame lies in a page
		linear := len(frame) * 2 / 3
		if got := b.verdict(t, program, frame, linear, limit); got == frameUndecided {
			b.undecided++
		} else if got != want {
			t.Fatalf("%s, %d bytes copied: frame %x, of which %d can be read: %d, want %d or %d", name, limit, frame, linear, got, want, frameUndecided)
		}
	}
	return accepted
}

// machine is that of golang.org/x/net, which knows no negation and no jump
// backwards, and takes some offsets for something else. That a program jumps
// backwards is an error for us too.
func machine(t *testing.T, code []classic.RawInstruction) *classic.VM {
	t.Helper()
	for _, c := range code {
		if c.Op == opJump && c.K > maxClassic {
			if _, err := translate(code, frameBytes); err == nil {
				t.Errorf("a loop is translated: %v", code)
			}
			return nil
		}
		if _, _, ok := field(c); c.Op == classALU|opNegate || ok && c.K >= 0xfffff000 {
			return nil
		}
	}
	instructions, all := classic.Disassemble(code)
	if !all {
		t.Fatalf("not all of %v is known", code)
	}
	vm, err := classic.NewVM(instructions)
	if err != nil {
		t.Fatal(err)
	}
	return vm
}

// TestRootLongFilter loads the longest programs there can be. The kernel may
// refuse one that looks everywhere, if we tell what to do about it.
func TestRootLongFilter(t *testing.T) {
	l := newLab(t)
	b := newBench(t)
	hosts := "host 9.0.0.1"
	for i := range 330 {
		hosts += fmt.Sprintf(" or host 10.%d.%d.1", i/250, i%250)
	}
	_, config := filtered(t, hosts)
	d := l.watch(t, config)
	l.drop(t, 1, 0) // 127.0.0.1
	if got := total(read(t, d)).Packets; got != 0 || len(config.PacketFilter) < 1000 {
		t.Errorf("%d packets match a filter of %d instructions", got, len(config.PacketFilter))
	}
	for name, list := range map[string][]classic.RawInstruction{
		"fields":           {{Op: 0x28, K: 12}, {Op: 0x15, Jt: 1, K: 0x800}},
		"indexed":          {{Op: 0x50, K: 14}, {Op: 0x25, Jt: 1, K: 0x80}},
		"index and field":  {{Op: 0xb1, K: 14}, {Op: 0x50, K: 14}, {Op: 0x0c}, {Op: 0x45, Jt: 1, Jf: 2, K: 1}, {Op: 0x07}},
		"far":              {{Op: 0x20, K: 5000}, {Op: 0x1d, Jt: 0, Jf: 1}, {Op: 0x03, K: 3}},
		"cells":            {{Op: 0x61, K: 3}, {Op: 0x50, K: 14}, {Op: 0x3d, Jt: 1, Jf: 0}, {Op: 0x02, K: 3}, {Op: 0x0c}},
		"cells and shifts": {{Op: 0x60, K: 3}, {Op: 0x74, K: 1}, {Op: 0x45, Jt: 0, Jf: 1, K: 4}, {Op: 0x02, K: 3}, {Op: 0x07}},
	} {
		var code []classic.RawInstruction
		for len(code) < maxClassic-2*len(list) {
			code = append(code, list...)
		}
		for len(code) < maxClassic {
			code = append(code, classic.RawInstruction{Op: opReturn, K: 1})
		}
		start := time.Now()
		body, err := translate(code, frameLimit(code))
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		p, err := b.load(body)
		t.Logf("%s: %d instructions of %d, %v, %v", name, len(body), len(code), time.Since(start), err)
		if err != nil {
			if cure := tooComplex(err); cure == err {
				t.Errorf("%s: %+v", name, err)
			}
			continue
		}
		p.Close()
	}
}

// TestRootRandomPrograms compares programs that no compiler makes.
func TestRootRandomPrograms(t *testing.T) {
	b := newBench(t)
	list := sampleFrames()
	m := rand.New(rand.NewPCG(9, 10))
	telling, programs := 0, 400
	if os.Getenv("VMTEST") != "" {
		programs, list = 300, list[:30] // an emulated processor takes long
	}
	for n := range programs {
		code := randomProgram(m)
		if accepted := b.compare(t, fmt.Sprintf("program %d: %v", n, code), code, machine(t, code), list); accepted > 0 && accepted < len(list) {
			telling++
		}
	}
	t.Logf("%d of %d programs tell frames apart", telling, programs)
	if telling < programs/50 {
		t.Errorf("only %d of %d programs tell frames apart", telling, programs)
	}
}

// TestRootArithmetic is about what the other machine does not know.
func TestRootArithmetic(t *testing.T) {
	b := newBench(t)
	for name, test := range map[string]struct {
		code []classic.RawInstruction
		want uint32
	}{
		"negation":            {[]classic.RawInstruction{{Op: 0x00, K: 5}, {Op: 0x84}, {Op: 0x15, Jf: 1, K: 0xfffffffb}, {Op: 6, K: 1}, {Op: 6}}, frameAccepted},
		"division by 0":       {[]classic.RawInstruction{{Op: 0x00, K: 5}, {Op: 0x34}, {Op: 6, K: 1}}, frameRejected},
		"remainder by 0":      {[]classic.RawInstruction{{Op: 0x00, K: 5}, {Op: 0x94}, {Op: 6, K: 1}}, frameRejected},
		"shift by 32":         {[]classic.RawInstruction{{Op: 0x00, K: 5}, {Op: 0x64, K: 32}, {Op: 0x15, Jf: 1}, {Op: 6, K: 1}, {Op: 6}}, frameAccepted},
		"shift right by 33":   {[]classic.RawInstruction{{Op: 0x00, K: 5}, {Op: 0x74, K: 33}, {Op: 0x15, Jf: 1}, {Op: 6, K: 1}, {Op: 6}}, frameAccepted},
		"cell never stored":   {[]classic.RawInstruction{{Op: 0x60, K: 3}, {Op: 0x15, Jf: 1}, {Op: 6, K: 1}, {Op: 6}}, frameAccepted},
		"length in X":         {[]classic.RawInstruction{{Op: 0x81}, {Op: 0x87}, {Op: 0x15, Jf: 1, K: 60}, {Op: 6, K: 1}, {Op: 6}}, frameAccepted},
		"negative offset":     {[]classic.RawInstruction{{Op: 0x20, K: 0xfffff000}, {Op: 6, K: 1}}, frameRejected},
		"negative, with an X": {[]classic.RawInstruction{{Op: 0x01, K: 0xffffffff}, {Op: 0x50, K: 1}, {Op: 6, K: 1}}, frameRejected},
	} {
		for _, compact := range []bool{false, true} {
			body, err := translateAs(test.code, leastFrame, compact)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			program, err := b.load(body)
			if err != nil {
				t.Fatalf("%s: %+v", name, err)
			}
			if got := b.verdict(t, program, make([]byte, 60), 60, leastFrame); got != test.want {
				t.Errorf("%s: %d, want %d", name, got, test.want)
			}
			program.Close()
		}
	}
}
