package pcapfilter

import (
	"bytes"
	"encoding/binary"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write tcpdump's answers as the golden files")

// A tcpdump compiles expressions for one kind of link.
type tcpdump struct {
	path, file string
}

// findTcpdump prepares an empty capture file: reading one, tcpdump looks for
// VLAN tags in the frame.
func findTcpdump(t testing.TB, linkNumber uint32) tcpdump {
	t.Helper()
	path, err := exec.LookPath("tcpdump")
	if err != nil {
		if os.Getenv("DROPWATCH_CI") != "" {
			t.Fatal("tcpdump is not installed")
		}
		t.Skip("tcpdump is not installed")
	}
	var header []byte
	for _, n := range []uint32{0xa1b2c3d4, 4<<16 | 2, 0, 0, wholeFrame, linkNumber} {
		header = binary.LittleEndian.AppendUint32(header, n)
	}
	file := filepath.Join(t.TempDir(), "empty.pcap")
	if err := os.WriteFile(file, header, 0o644); err != nil {
		t.Fatal(err)
	}
	return tcpdump{path, file}
}

// version is what a golden file begins with.
func (d tcpdump) version(t testing.TB) string {
	t.Helper()
	text, err := exec.Command(d.path, "--version").CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	return "# tcpdump -r EMPTY -ddd EXPRESSION\n# " + strings.Join(lines[:min(2, len(lines))], "\n# ") + "\n"
}

func (d tcpdump) compile(t testing.TB, expression string, options ...string) answer {
	t.Helper()
	arguments := append(options, "-r", d.file, "-ddd", "--", expression)
	command := exec.Command(d.path, arguments...)
	var out, errors bytes.Buffer
	command.Stdout, command.Stderr = &out, &errors
	a := answer{expression: expression}
	if command.Run() != nil {
		for line := range strings.Lines(errors.String()) {
			if text, ok := strings.CutPrefix(strings.TrimSpace(line), "tcpdump: "); ok {
				a.refusal = text
			}
		}
		if a.refusal == "" {
			t.Fatalf("tcpdump %q: %s", expression, errors.String())
		}
		return a
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for _, line := range lines[1:] {
		a.code = append(a.code, parseInstruction(t, line))
	}
	return a
}

// compileBoth adds the plain program if it disagrees with the optimised one about
// a frame. It does where fields are beyond the end: the optimiser leaves some of
// them out, and moves others.
func (d tcpdump) compileBoth(t testing.TB, expression string, all [][]byte) answer {
	t.Helper()
	a := d.compile(t, expression)
	if a.refusal != "" {
		return a
	}
	plain := d.compile(t, expression, "-O")
	for _, frame := range all {
		if withOurs(a.code)(frame) != withOurs(plain.code)(frame) {
			a.plain = plain.code
			break
		}
	}
	return a
}

// TestRootOracle does what TestOracle does with the tcpdump that is installed.
// With -update it writes the golden files.
func TestRootOracle(t *testing.T) {
	for _, l := range links {
		t.Run(l.name, func(t *testing.T) {
			d := findTcpdump(t, l.number)
			var answers []answer
			golden := bytes.NewBufferString(d.version(t))
			all := frames(l.link)
			for _, expression := range expressions(t) {
				a := d.compileBoth(t, expression, all)
				answers = append(answers, a)
				formatAnswer(golden, a)
			}
			if *update {
				if err := os.WriteFile(goldenFile(l.name), golden.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var y tally
			for _, a := range answers {
				y.add(t, compareWith(a, l.link, all, withOurs), len(all))
			}
			y.report(t, len(all))
		})
	}
}

// compareLazily asks for the plain program only if the other one differs.
func (d tcpdump) compareLazily(t testing.TB, expression string, link Link, all [][]byte) compared {
	t.Helper()
	a := d.compile(t, expression)
	c := compareWith(a, link, all, withOurs)
	if c.outcome == differ {
		a.plain = d.compile(t, expression, "-O").code
		c = compareWith(a, link, all, withOurs)
	}
	return c
}

// TestRootMadeUp compares expressions that are made up, always the same.
func TestRootMadeUp(t *testing.T) {
	for _, l := range links {
		t.Run(l.name, func(t *testing.T) {
			d, all := findTcpdump(t, l.number), frames(l.link)
			var y tally
			for seed := range uint64(1000) {
				y.add(t, d.compareLazily(t, newWriter(seed).expression(2), l.link, all), len(all))
			}
			y.report(t, len(all))
		})
	}
}
