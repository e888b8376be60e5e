package shell

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// A Command is one entry of the command table, or one sub command of an entry.
// It needs Run, Sub or both; only an entry named help may have neither, and says
// so where in the list the built-in help command stands.
type Command struct {
	// Name is typed to run the command. It holds no blanks, quotes or
	// backslashes and does not start with '#'.
	Name string
	// Aliases are further names, not shown in the list of commands.
	Aliases []string
	// Args describes the arguments, such as "<number>". A command with neither
	// Args nor Raw takes none, and the shell refuses them.
	Args string
	// Help is shown to the user: the first line is a summary of a few words,
	// the rest, if any, explains more. The list of commands has the summary on
	// the command's line, however long it is.
	Help string
	// Section is the heading under which the list of commands has this one. The
	// commands without a heading come first, then the sections in the order of
	// their first commands. A sub command has a section of its own.
	Section string
	// Raw asks for the rest of the line as typed: args has one element, with
	// quotes and backslashes untouched, or none when there is no rest.
	Raw bool
	// Run does the work. The context ends when the user types Ctrl-C or the
	// shell ends. An error that wraps context.Canceled after that is no
	// failure. Commands run one at a time.
	Run func(ctx context.Context, s *Session, args []string) error
	// Complete returns the words that may stand in place of the last element
	// of args, which is the beginning of a word and may be empty; the shell
	// keeps those that match. It may run at the same time as background work of
	// earlier commands, must be quick and must not write to the session.
	Complete func(args []string) []string
	// Sub holds the sub commands. With Run as well, Run gets the lines whose
	// next word is no sub command.
	Sub []Command
}

// summary is the first line of the help text.
func (c *Command) summary() string {
	first, _, _ := strings.Cut(strings.TrimSpace(c.Help), "\n")
	return strings.TrimSpace(first)
}

// details is the help text without its first line.
func (c *Command) details() string {
	_, rest, _ := strings.Cut(strings.TrimSpace(c.Help), "\n")
	return strings.TrimSpace(rest)
}

// names lists the name and the aliases.
func (c *Command) names() []string {
	return append([]string{c.Name}, c.Aliases...)
}

// checkTable finds mistakes that would make commands impossible to reach.
func checkTable(commands []Command, parent string) error {
	seen := map[string]bool{}
	for i := range commands {
		c := &commands[i]
		path := strings.TrimSpace(parent + " " + c.Name)
		for _, name := range c.names() {
			if !validName(name) {
				return fmt.Errorf("check command table: %q: bad name %q", path, name)
			}
			if seen[name] {
				return fmt.Errorf("check command table: %q: name %q is used twice", path, name)
			}
			seen[name] = true
		}
		if c.Run == nil && len(c.Sub) == 0 {
			return fmt.Errorf("check command table: %q: has neither Run nor Sub", path)
		}
		if c.Raw && len(c.Sub) > 0 {
			return fmt.Errorf("check command table: %q: Raw does not go with Sub", path)
		}
		if err := checkTable(c.Sub, path); err != nil {
			return err
		}
	}
	return nil
}

func validName(name string) bool {
	return name != "" && name[0] != '#' && !strings.ContainsAny(name, `'"\`) &&
		!strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}

// find looks for a command by its exact name or alias, then by a beginning that
// fits one command only. When several fit it returns nil and their names.
func find(commands []Command, word string) (*Command, []string) {
	var fits []*Command
	for i := range commands {
		c := &commands[i]
		if slices.Contains(c.names(), word) {
			return c, nil
		}
		if word != "" && slices.ContainsFunc(c.names(), func(n string) bool { return strings.HasPrefix(n, word) }) {
			fits = append(fits, c)
		}
	}
	if len(fits) == 1 {
		return fits[0], nil
	}
	var names []string
	for _, c := range fits {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return nil, names
}
