package shell

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// summaryColumn is where the list of commands has the summaries, in columns. It
// is reached with tabs.
const (
	summaryColumn = 32
	tabWidth      = 8
)

// withHelp returns the table with a help command: in place of an entry of that
// name that does nothing by itself, or else at the end, unless there is one.
func withHelp(commands []Command) []Command {
	table := slices.Clone(commands)
	at := slices.IndexFunc(table, func(c Command) bool { return slices.Contains(c.names(), "help") })
	switch {
	case at < 0:
		table = append(table, Command{Name: "help", Args: "[command]", Help: "show the commands, or how to use one"})
		at = len(table) - 1
	case table[at].Run != nil || len(table[at].Sub) > 0:
		return table
	}
	own := &table[at]
	// The table may have said that it takes nothing, so as to be listed without.
	own.Raw = true
	if own.details() == "" {
		own.Help = own.summary() + "\nWith a command after it: how to use that one. A command may be shortened to any\nbeginning that no other command shares."
	}
	if c, several := find(table, "?"); c == nil && several == nil {
		own.Aliases = append(slices.Clone(own.Aliases), "?")
	}
	own.Run = func(_ context.Context, s *Session, args []string) error {
		text, err := helpFor(table, strings.Fields(strings.Join(args, " ")))
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
		return "Command Syntax:\n" + list(commands, 0) + "Type help and a command for more.\n", nil
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
		fmt.Fprintf(&b, "\nCommands:\n%s", list(c.Sub, 1))
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

// list makes a line for each command, by sections. Sub commands follow theirs,
// indented by a tab.
func list(commands []Command, depth int) string {
	var b strings.Builder
	for i, section := range sections(commands) {
		if i > 0 || section != "" {
			fmt.Fprintf(&b, "\n%s:\n", section)
		}
		listSection(&b, commands, section, depth)
	}
	return b.String()
}

// sections are all headings, the empty one first.
func sections(commands []Command) []string {
	var all []string
	each(commands, "", func(c *Command, _ string) {
		if c.Run != nil && !slices.Contains(all, c.Section) {
			all = append(all, c.Section)
		}
	})
	if at := slices.Index(all, ""); at > 0 {
		all = slices.Insert(slices.Delete(all, at, at+1), 0, "")
	}
	return all
}

func listSection(b *strings.Builder, commands []Command, section string, depth int) {
	indent := strings.Repeat("\t", depth)
	for i := range commands {
		c := &commands[i]
		here := c.Run != nil && c.Section == section
		if here {
			b.WriteString(indent + join(c.Name, c.Args) + gap(c, depth) + "\n")
		}
		var below strings.Builder
		listSection(&below, c.Sub, section, depth+1)
		if below.Len() > 0 && !here {
			fmt.Fprintf(b, "%s%s:\n", indent, c.Name)
		}
		b.WriteString(below.String())
	}
}

// gap leads to the summary of a command, and has it.
func gap(c *Command, depth int) string {
	if c.summary() == "" {
		return ""
	}
	column := depth*tabWidth + utf8.RuneCountInString(join(c.Name, c.Args))
	tabs := max(1, (summaryColumn-column+tabWidth-1)/tabWidth)
	return strings.Repeat("\t", tabs) + " - " + c.summary()
}

// each visits the commands and their sub commands in the order of the table.
func each(commands []Command, path string, visit func(c *Command, path string)) {
	for i := range commands {
		c := &commands[i]
		visit(c, join(path, c.Name))
		each(c.Sub, join(path, c.Name), visit)
	}
}
