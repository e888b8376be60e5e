package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"dropwatch/dropmon"
	"dropwatch/internal/config"
	"dropwatch/internal/console"
	"dropwatch/shell"
)

// addShell makes the program without a command a shell.
func addShell(root *cobra.Command, in *os.File, out, errors io.Writer) {
	var method, source string
	root.Flags().StringVarP(&method, "lmethod", "l", "", `symbol lookup of the C program: "kas", or "list"; here names are found without it too`)
	root.Flags().StringVar(&source, "source", "auto", "where drops are seen: "+strings.Join(dropmon.Sources(), ", "))
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
		if err := checkSource(source); err != nil {
			return err
		}
		history, err := shell.HistoryPath("dropwatch", os.Geteuid(), os.Getenv)
		if err != nil {
			history = "" // nothing to come home to: lines are forgotten at the end
		}
		// so that the terminal is set back
		ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGTERM)
		defer stop()
		status, err := console.Run(ctx, console.Config{
			Source: source, Kallsyms: method == "kas", Peers: config.ReadPeers(),
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
