package main

import (
	"io"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// newRoot makes the command tree, from which help, completion and manual pages
// come too.
func newRoot(in *os.File, out, errors io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "dropwatch",
		Short: "Tell which packets this host lost, where, why, whose they were and what to do",
		Long: `dropwatch tells which packets this host lost, where in the kernel, why, whose
they were and what to do about it.

Without a command it is a shell: type "start" to watch, "stop" to end, "help"
for the rest. It reads a script when standard input is no terminal.`,
		Args:          noArguments,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),

		SuggestionsMinimumDistance: 2,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%w; see %s --help", err, c.CommandPath())
	})
	addShell(root, in, out, errors)
	root.AddCommand(newSummary(), newWatch(), newLog(), newCounters(), newCheck(), newDiff(), newRecord(), newDwdump(), newReplay(), newAgent(), newUptime(), newWho(), newCluster(), newExplain(), newDoctor(), newMan())
	root.SetHelpCommand(newHelp(root))
	root.InitDefaultCompletionCmd()
	strictCompletion(root)
	return root
}

// newHelp is the library's help command, but an unknown command is wrong usage.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil {
				return usageError{err}
			}
			if len(rest) > 0 {
				return noArguments(c, rest)
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
	}
}

// strictCompletion makes words that the library's completion command would
// ignore wrong usage.
func strictCompletion(root *cobra.Command) {
	c, _, err := root.Find([]string{"completion"})
	if err != nil || c == root {
		return
	}
	c.Args, c.RunE = noArguments, func(c *cobra.Command, _ []string) error { return c.Help() }
	for _, language := range c.Commands() {
		language.Args = noArguments
	}
}

// noArguments refuses words that are no command, as wrong usage.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if c.HasSubCommands() {
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			return usagef("unknown command %q, did you mean %q?", args[0], near[0])
		}
		return usagef("unknown command %q; see %s --help", args[0], c.CommandPath())
	}
	return usagef("%s takes no argument, but there is %q", c.CommandPath(), args[0])
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
