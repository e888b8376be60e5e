package console

import (
	"bytes"
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/session"
	"dropwatch/symbols"
)

// mark is a command of ours that parts the answers of the others.
const mark, marked = "filter", "no filter\n"

// Every line that the C program has printed is one of ours too, at the same
// place; ours may be longer, and more lines may follow it.
func TestDropIn(t *testing.T) {
	all := recordings(t)
	names := kernelNames(t, all)
	for name, r := range all {
		t.Run(name, func(t *testing.T) {
			out, errs := replay(t, r, names)
			parts := strings.Split(out, marked)
			begins(t, "the start", r.hello, parts[0])
			for i, o := range r.orders {
				switch ours := parts[i+1]; o.line {
				case "set hw maybe": // the C program leaves
					if ours != "" {
						t.Errorf("%s: printed %q", o.line, ours)
					}
				case atEnd:
					begins(t, o.line, o.line+"\n"+o.answer, ours)
				default:
					begins(t, o.line, o.answer, ours)
				}
			}
			// where the C program is silent or leaves, ours says why
			for command, complaint := range map[string]string{
				"set alertmode bogus": `set alertmode: "bogus" is no mode`,
				"set hw maybe":        "set hw: invalid boolean value",
				"foo":                 `unknown command "foo"`,
			} {
				if typed := r.has(command); typed != strings.Contains(errs, complaint) {
					t.Errorf("%s: typed %t, errors:\n%s", command, typed, errs)
				}
			}
		})
	}
}

// atEnd is what the C program prints at the end of the input, behind its
// prompt.
const atEnd = "Terminating dropwatch..."

func (r recording) has(line string) bool {
	for _, o := range r.orders {
		if o.line == line {
			return true
		}
	}
	return false
}

// replay types the lines of a recording, and lets the same be dropped.
func replay(t *testing.T, r recording, names *symbols.Resolver) (out, errs string) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	script := mark + "\n"
	var sources []*fake
	for _, o := range r.orders {
		if o.line == "start" {
			f := &fake{name: "fake", ctrlC: o.ctrlC}
			f.drops, f.packets = o.drops(t)
			sources = append(sources, f)
		}
		switch o.line {
		case "exit":
			script += "exit\n"
		case atEnd:
		default:
			script += o.line + "\n" + mark + "\n"
		}
	}
	if _, err := write.WriteString(script); err != nil {
		t.Fatal(err)
	}
	write.Close()
	c := newConsole("")
	c.settings.interval = 20 * time.Millisecond
	c.monitor = func() (dropmon.MonitorState, error) { return dropmon.MonitorState{}, errors.New("none") }
	c.open = func(config session.Config) (*session.Session, error) {
		f := sources[0]
		sources = sources[1:]
		return session.OpenOn(f, names, config)
	}
	var b, e bytes.Buffer
	if _, err := c.run(context.Background(), Config{Kallsyms: true, In: read, Out: &b, Err: &e}); err != nil {
		t.Fatal(err)
	}
	if len(sources) > 0 {
		t.Errorf("%d starts did not happen", len(sources))
	}
	return b.String(), e.String()
}

// begins demands that each paragraph of theirs is the beginning of the same
// paragraph of ours, line by line.
func begins(t *testing.T, what, theirs, ours string) {
	t.Helper()
	paragraphs := strings.Split(ours, "\n\n")
	for i, theirs := range strings.Split(theirs, "\n\n") {
		if i >= len(paragraphs) {
			t.Errorf("%s: missing: %q", what, theirs)
			continue
		}
		lines := strings.Split(paragraphs[i], "\n")
		for j, their := range strings.Split(strings.TrimSuffix(theirs, "\n"), "\n") {
			if j >= len(lines) || !sameLine(their, lines[j]) {
				t.Errorf("%s: want a line that begins with\n%s\nin place %d of\n%s", what, their, j+1, paragraphs[i])
				break
			}
		}
	}
}

var cutName = regexp.MustCompile(`^drop at: (\S+) (\(0x[0-9a-f]+\))$`)

// sameLine tells whether ours begins as theirs, but for names that they have
// wrong: of modules, and cut at 39 bytes.
func sameLine(theirs, ours string) bool {
	if wrongName.MatchString(theirs) {
		theirs = wrongName.ReplaceAllLiteralString(theirs, "nft_do_chain+1ce ")
	}
	if cut := cutName.FindStringSubmatch(theirs); cut != nil && len(cut[1]) == 39 {
		return strings.HasPrefix(ours, "drop at: "+cut[1]) && strings.HasSuffix(ours, " "+cut[2])
	}
	return strings.HasPrefix(ours, theirs)
}
