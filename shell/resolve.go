package shell

import "strings"

// A call is a line that names a command of the table.
type call struct {
	command *Command
	path    string // the full names, such as "set trunc"
	args    []string
}

// resolve finds the command of a line and its arguments.
func resolve(commands []Command, line string) (call, error) {
	var c call
	pos, depth := 0, 0
	for ; ; depth++ {
		w, ok := nextWord(line, pos)
		if !ok {
			break
		}
		if err := w.check(line); err != nil {
			return c, err
		}
		next, several := find(commands, w.text)
		if next == nil {
			if c.command != nil && c.command.Run != nil {
				break // the word is an argument
			}
			return c, unknown(c.path, w.text, several)
		}
		c.command, c.path = next, join(c.path, next.Name)
		commands, pos = next.Sub, w.end
		if len(commands) == 0 {
			break
		}
	}
	if c.command.Raw {
		if rest := strings.TrimLeft(line[pos:], " \t"); rest != "" {
			c.args = []string{rest}
		}
		return c, nil
	}
	args, err := splitWords(line, pos)
	c.args = args
	return c, err
}

// unknown makes the error for a word that is no command below path.
func unknown(path, text string, several []string) error {
	if len(several) > 0 {
		for i, name := range several {
			several[i] = join(path, name)
		}
		return lineErrorf("ambiguous command %q: could be %s", join(path, text), strings.Join(several, ", "))
	}
	return lineErrorf("unknown command %q; type %s for the list", join(path, text), join("help", path))
}

// join puts a blank between two words unless one is missing.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}
