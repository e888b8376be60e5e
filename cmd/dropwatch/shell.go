package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"dropwatch/internal/console"
	"dropwatch/shell"
)

// addShell makes the program without a command a shell.
func addShell(root *cobra.Command, in *os.File, out, errors io.Writer) {
	var method, source string
	root.Flags().StringVarP(&method, "lmethod", "l", "", `"kas" finds symbols in /proc/kallsyms, "list" lists the methods; accepted for old scripts, symbols are always found`)
	root.Flags().StringVar(&source, "source", "auto", "where drops are seen: auto or ebpf")
	root.RunE = func(c *cobra.Command, _ []string) error {
		switch method {
		case "", "kas":
		case "list":
			_, err := fmt.Fprint(out, "Available lookup methods:\nkas - use /proc/kallsyms\n")
			return err
		default:
			fmt.Fprintf(out, "Unknown lookup method %s\n", method)
			return statusError(statusFailed)
		}
		history, err := shell.HistoryPath("dropwatch", os.Geteuid(), os.Getenv)
		if err != nil {
			history = "" // nothing to come home to: lines are forgotten at the end
		}
		status, err := console.Run(c.Context(), console.Config{
			Source: source, Kallsyms: method == "kas",
			In: in, Out: out, Err: errors, HistoryFile: history,
		})
		if err != nil {
			return err
		}
		if status != 0 {
			return statusError(status)
		}
		return nil
	}
}
