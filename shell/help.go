package shell

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	lineWidth  = 80 // columns that a help text may use
	usageWidth = 28 // columns kept for the usage in a list of commands
)

// withHelp returns the table with a help command at its end, unless there is
// one already.
func withHelp(commands []Command) []Command {
	if c, _ := find(commands, "help"); c != nil && slices.Contains(c.names(), "help") {
		return commands
	}
	table := append([]Command{}, commands...)
	help := Command{
		Name: "help",
		Args: "[command]",
		Help: "show the commands, or how to use one\n" +
			"A command may be shortened to any beginning that no other command shares.",
	}
	if c, several := find(commands, "?"); c == nil && several == nil {
		help.Aliases = []string{"?"}
	}
	table = append(table, help)
	own := &table[len(table)-1]
	own.Run = func(_ context.Context, s *Session, args []string) error {
		text, err := helpFor(table, args)
		if err != nil {
			return err
		}
		_, err = s.Out.Write([]byte(text))
		return err
	}
	own.Complete = func(args []string) []string { return subNames(table, args) }
	return table
}

// subNames lists the names that can follow the given names; the last element of
// args is still being typed.
func subNames(commands []Command, args []string) []string {
	for _, arg := range args[:len(args)-1] {
		c, _ := find(commands, arg)
		if c == nil {
			return nil
		}
		commands = c.Sub
	}
	var names []string
	for i := range commands {
		names = append(names, commands[i].Name)
	}
	return names
}

// helpFor makes the text for the command that args name, or for all of them.
func helpFor(commands []Command, args []string) (string, error) {
	if len(args) == 0 {
		return "Commands:\n" + list(commands, "") + "Type help and a command for more.\n", nil
	}
	var c *Command
	path := ""
	for _, arg := range args {
		next, several := find(commands, arg)
		if next == nil {
			return "", unknown(path, arg, several)
		}
		c, path, commands = next, join(path, next.Name), next.Sub
	}
	return describe(c, path), nil
}

// describe makes the text for one command.
func describe(c *Command, path string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "usage: %s\n", usage(c, path))
	if len(c.Aliases) > 0 {
		fmt.Fprintf(&b, "also: %s\n", strings.Join(c.Aliases, ", "))
	}
	if s := c.summary(); s != "" {
		fmt.Fprintf(&b, "\n%s\n", s)
	}
	if d := c.details(); d != "" {
		fmt.Fprintf(&b, "\n%s\n", d)
	}
	if len(c.Sub) > 0 {
		fmt.Fprintf(&b, "\nCommands:\n%s", list(c.Sub, path))
	}
	return b.String()
}

// usage makes the one line that says how to type a command.
func usage(c *Command, path string) string {
	if c.Run != nil {
		return join(path, c.Args)
	}
	var names []string
	for i := range c.Sub {
		names = append(names, c.Sub[i].Name)
	}
	return join(path, strings.Join(names, "|"))
}

// list makes one entry for each command that can be run, in the order of the
// table.
func list(commands []Command, path string) string {
	var b strings.Builder
	each(commands, path, func(c *Command, path string) {
		if c.Run == nil {
			return // its sub commands follow
		}
		left := "  " + usage(c, path)
		gap := usageWidth - utf8.RuneCountInString(left)
		if gap < 2 {
			left, gap = left+"\n", usageWidth
		}
		summary := wrap(c.summary(), lineWidth-usageWidth, strings.Repeat(" ", usageWidth))
		b.WriteString(strings.TrimRight(left+strings.Repeat(" ", gap)+summary, " \n") + "\n")
	})
	return b.String()
}

// each visits the commands and their sub commands in the order of the table.
func each(commands []Command, path string, visit func(c *Command, path string)) {
	for i := range commands {
		c := &commands[i]
		visit(c, join(path, c.Name))
		each(c.Sub, join(path, c.Name), visit)
	}
}

// wrap breaks a text between words so that lines fit the width.
func wrap(text string, width int, indent string) string {
	var b strings.Builder
	used := 0
	for _, w := range strings.Fields(text) {
		n := utf8.RuneCountInString(w)
		if used > 0 && used+1+n > width {
			b.WriteString("\n" + indent)
			used = 0
		}
		if used > 0 {
			b.WriteByte(' ')
			used++
		}
		b.WriteString(w)
		used += n
	}
	return b.String()
}
