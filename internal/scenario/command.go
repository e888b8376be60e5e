package scenario

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
)

// command runs a program in the namespace of the calling thread and returns
// what it printed. The words are joined and split at spaces, except between
// single quotes.
func command(stdin string, words ...string) (string, error) {
	fields := split(strings.Join(words, " "))
	cmd := exec.Command(fields[0], fields[1:]...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("run %q: %w: %s", strings.Join(fields, " "), err, bytes.TrimSpace(complaint.Bytes()))
	}
	return out.String(), nil
}

func split(line string) []string {
	var fields []string
	for i, piece := range strings.Split(line, "'") {
		if i%2 == 1 {
			fields = append(fields, piece)
		} else {
			fields = append(fields, strings.Fields(piece)...)
		}
	}
	return fields
}

// Run runs a program inside a node and returns its standard output. The line
// is split at spaces, except between single quotes.
func (l *Lab) Run(n Node, line string) (string, error) {
	var out string
	err := l.Do(n, func() error {
		var err error
		out, err = command("", line)
		return err
	})
	return out, err
}

// run is Run for those who want no output.
func (l *Lab) run(n Node, lines ...string) error {
	l.changed = true
	for _, line := range lines {
		if _, err := l.Run(n, line); err != nil {
			return fmt.Errorf("node %s: %w", n, err)
		}
	}
	return nil
}

// tc feeds lines to one tc program inside a node.
func (l *Lab) tc(n Node, lines ...string) error {
	return l.feed(n, "tc -batch -", lines...)
}

// nft feeds lines to one nft program inside a node. Close takes all rules of
// the node away.
func (l *Lab) nft(n Node, lines ...string) error {
	l.onClose(func() error { return l.Do(n, flushNFT) })
	return l.feed(n, "nft -f -", lines...)
}

func (l *Lab) feed(n Node, program string, lines ...string) error {
	err := l.Do(n, func() error {
		_, err := command(strings.Join(lines, "\n")+"\n", program)
		return err
	})
	if err != nil {
		return fmt.Errorf("node %s: %s: %w", n, strings.Join(lines, "; "), err)
	}
	return nil
}
