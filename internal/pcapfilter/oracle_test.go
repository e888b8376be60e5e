package pcapfilter

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
)

// An answer is what tcpdump makes of an expression: a program or a refusal.
type answer struct {
	expression string
	code       []bpf.RawInstruction
	refusal    string
	// plain is what tcpdump -O makes: the same without optimising. It is known
	// where the two disagree about a frame.
	plain []bpf.RawInstruction
}

var links = []struct {
	link   Link
	name   string
	number uint32 // in a capture file
}{{Ethernet, "en10mb", 1}, {Raw, "raw", 101}}

func goldenFile(name string) string { return "testdata/oracle-" + name + ".txt" }

// readAnswers reads a golden file: each expression after "> ", and then either
// its instructions as tcpdump -ddd prints them, or its refusal after "! ". Those
// of tcpdump -O have an O before them.
func readAnswers(t testing.TB, name string) []answer {
	t.Helper()
	text, err := os.ReadFile(goldenFile(name))
	if err != nil {
		t.Fatal(err)
	}
	var answers []answer
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		line := s.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		if expression, ok := strings.CutPrefix(line, "> "); ok {
			answers = append(answers, answer{expression: expression})
			continue
		}
		last := &answers[len(answers)-1]
		if refusal, ok := strings.CutPrefix(line, "! "); ok {
			last.refusal = refusal
			continue
		}
		if plain, ok := strings.CutPrefix(line, "O "); ok {
			last.plain = append(last.plain, parseInstruction(t, plain))
			continue
		}
		last.code = append(last.code, parseInstruction(t, line))
	}
	return answers
}

func parseInstruction(t testing.TB, line string) (i bpf.RawInstruction) {
	t.Helper()
	if _, err := fmt.Sscanf(line, "%d %d %d %d", &i.Op, &i.Jt, &i.Jf, &i.K); err != nil {
		t.Fatalf("instruction %q: %v", line, err)
	}
	return i
}

func formatAnswer(b *bytes.Buffer, a answer) {
	fmt.Fprintf(b, "> %s\n", a.expression)
	if a.refusal != "" {
		fmt.Fprintf(b, "! %s\n", a.refusal)
	}
	for _, i := range a.code {
		fmt.Fprintf(b, "%d %d %d %d\n", i.Op, i.Jt, i.Jf, i.K)
	}
	for _, i := range a.plain {
		fmt.Fprintf(b, "O %d %d %d %d\n", i.Op, i.Jt, i.Jf, i.K)
	}
}

// expressions are the lines of testdata/expressions.txt, and the empty one.
func expressions(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/expressions.txt")
	if err != nil {
		t.Fatal(err)
	}
	list := []string{""}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && line[0] != '#' {
			list = append(list, line)
		}
	}
	return list
}

// An outcome is how we and tcpdump compare on an expression.
type outcome int

const (
	sameVerdicts outcome = iota
	bothRefuse
	weRefuse       // what tcpdump accepts
	weRefuseNever  // the same, but tcpdump's program accepts no frame
	weAccept       // what tcpdump refuses
	weAcceptNever  // the same, but our program accepts no frame
	weAcceptBigger // tcpdump has too little memory for it
	constantError  // one of us sees a division by zero or a shift too far, which
	// tcpdump looks for in the first number of the right side only
	differ
	outcomes
)

var outcomeNames = [outcomes]string{
	"same verdicts", "both refuse", "only we refuse", "only we refuse, matches nothing",
	"only we accept", "only we accept, matches nothing", "only we accept, needs memory", "division by zero or shift too far", "differ",
}

// compared is the result for one expression.
type compared struct {
	expression string
	outcome    outcome
	accepted   int // frames
	disagreed  int // frames about which tcpdump depends on its optimiser
	departed   int // those in which we are with the plain program
	detail     string
}

// wrong tells what is a mistake.
func (c compared) wrong() bool {
	return c.outcome == differ || c.outcome == weAccept ||
		c.outcome == weRefuse && refusedOnPurpose(c.expression) == ""
}

// compareWith runs both programs on frames. A runner executes tcpdump's.
func compareWith(a answer, link Link, all [][]byte, runner func([]bpf.RawInstruction) func([]byte) bool) compared {
	ours, err := Compile(a.expression, link)
	var theirs, plain func([]byte) bool
	if a.refusal == "" {
		theirs = runner(a.code)
	}
	if a.plain != nil {
		plain = runner(a.plain)
	}
	c := compared{expression: a.expression, outcome: differ}
	for _, frame := range all {
		var we, they bool
		if err == nil {
			we = ours.Match(frame, len(frame))
		}
		if theirs != nil {
			they = theirs(frame)
		}
		if we || err != nil && they {
			c.accepted++
		}
		if theirs != nil && plain != nil && plain(frame) != they {
			c.disagreed++
			if we != they {
				c.departed++
			}
			continue
		}
		if err == nil && theirs != nil && we != they {
			c.detail = fmt.Sprintf("frame %x: we say %v, tcpdump says %v", frame, we, they)
			return c
		}
	}
	c.outcome, c.detail = a.outcome(err, c.accepted)
	return c
}

// outcome compares whether there are programs at all. They do not differ.
func (a answer) outcome(err error, accepted int) (outcome, string) {
	switch {
	case err == nil && a.refusal == "":
		return sameVerdicts, ""
	case err != nil && a.refusal != "":
		return bothRefuse, err.Error()
	case err != nil && accepted == 0 && strings.Contains(err.Error(), "matches nothing"):
		return weRefuseNever, err.Error()
	case err != nil && aboutConstant(err.Error()), err == nil && aboutConstant(a.refusal):
		return constantError, a.refusal
	case err != nil:
		return weRefuse, err.Error()
	case accepted == 0 && strings.Contains(a.refusal, "rejects all packets"):
		return weAcceptNever, a.refusal
	case strings.Contains(a.refusal, "too many registers"):
		return weAcceptBigger, a.refusal
	}
	return weAccept, a.refusal
}

func aboutConstant(text string) bool {
	return strings.HasSuffix(text, "shift by more than 31 bits") || strings.HasSuffix(text, "division by zero") ||
		strings.HasSuffix(text, "modulus by zero")
}

// onlyOurs tells whether the machine of golang.org/x/net cannot run a program: it
// knows no negation and no jump backwards, and takes offsets of 0xfffff000 and
// more for something else.
func onlyOurs(code []bpf.RawInstruction) bool {
	return slices.ContainsFunc(code, func(i bpf.RawInstruction) bool {
		return i.Op == opcodeNegate || i.Op == opcodeJump && i.K > maxInstructions || i.Op&0xe7 == opcodeLoadWord && i.K >= 0xfffff000
	})
}

// independently executes a program with that machine where it can.
func independently(t testing.TB) func([]bpf.RawInstruction) func([]byte) bool {
	return func(code []bpf.RawInstruction) func([]byte) bool {
		if onlyOurs(code) {
			return withOurs(code)
		}
		vm := newVM(t, code)
		return func(frame []byte) bool {
			n, err := vm.Run(frame)
			if err != nil {
				t.Fatal(err)
			}
			return n != 0
		}
	}
}

func withOurs(code []bpf.RawInstruction) func([]byte) bool {
	return func(frame []byte) bool { return run(code, frame, uint32(len(frame))) != 0 }
}

func newVM(t testing.TB, code []bpf.RawInstruction) *bpf.VM {
	t.Helper()
	instructions, all := bpf.Disassemble(code)
	if !all {
		t.Fatalf("not all of %v is known", code)
	}
	vm, err := bpf.NewVM(instructions)
	if err != nil {
		t.Fatal(err)
	}
	return vm
}

// TestOracle compares the verdicts of our programs with those of tcpdump's,
// from golden files.
func TestOracle(t *testing.T) {
	for _, l := range links {
		t.Run(l.name, func(t *testing.T) {
			all := frames(l.link)
			answers := readAnswers(t, l.name)
			if len(all) < 5000 || len(answers) < 300 {
				t.Fatalf("only %d frames and %d expressions", len(all), len(answers))
			}
			var known []string
			for _, a := range answers {
				known = append(known, a.expression)
			}
			if !slices.Equal(known, expressions(t)) {
				t.Fatal("the golden file is not about testdata/expressions.txt: run TestRootOracle with -update")
			}
			var y tally
			for _, a := range answers {
				y.add(t, compareWith(a, l.link, all, independently(t)), len(all))
			}
			y.report(t, len(all))
		})
	}
}

// A tally counts the results of many comparisons.
type tally struct {
	expressions, telling, disagreed, departed int
	outcomes                                  [outcomes]int
}

func (y *tally) add(t testing.TB, c compared, frames int) {
	t.Helper()
	y.expressions++
	y.outcomes[c.outcome]++
	y.disagreed += c.disagreed
	y.departed += c.departed
	if c.accepted > 0 && c.accepted < frames {
		y.telling++
	}
	if c.wrong() {
		t.Errorf("%s: %q: %s", outcomeNames[c.outcome], c.expression, c.detail)
	}
}

func (y *tally) report(t testing.TB, frames int) {
	t.Helper()
	t.Logf("%d expressions on %d frames, %d of them accept some and reject some", y.expressions, frames, y.telling)
	t.Logf("%d verdicts in which tcpdump depends on its optimiser, %d of them ours as without it", y.disagreed, y.departed)
	for o, n := range y.outcomes {
		if n > 0 {
			t.Logf("%5d %s", n, outcomeNames[o])
		}
	}
	if y.telling < y.expressions*2/5 {
		t.Errorf("only %d of %d expressions tell frames apart", y.telling, y.expressions)
	}
}
