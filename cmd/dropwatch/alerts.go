package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"dropwatch/internal/agent"
	"dropwatch/internal/alert"
	"dropwatch/internal/config"
)

func newAlerts() *cobra.Command {
	var directory string
	var json bool
	c := &cobra.Command{
		Use: "alerts", Short: "Show the alerts that ring, worst first; exits with 3 if there are any", Args: noArguments,
		Long: `alerts shows what the rules of the agent's configuration have found and what has
not ended yet. It is read from the state directory.`,
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := readAlerts(directory)
			if err != nil {
				return err
			}
			if age := time.Since(list.Time); age > looksSeldom {
				fmt.Fprintf(c.ErrOrStderr(), "dropwatch: this is of %v ago; does the agent run? (dropwatch agent status)\n", age.Round(time.Minute))
			}
			if json {
				err = writeJSON(c.OutOrStdout(), list)
			} else {
				err = writeAlerts(c.OutOrStdout(), list)
			}
			if err == nil && len(list.Alerts) > 0 {
				return statusError(statusThreshold)
			}
			return err
		},
	}
	c.Flags().StringVar(&directory, "state", config.ReadPeers(), "state directory of the agent")
	c.Flags().BoolVar(&json, "json", false, "print JSON")
	return c
}

// looksSeldom is longer than most agents wait between two looks at their alerts.
const looksSeldom = 5 * time.Minute

func readAlerts(directory string) (alert.List, error) {
	path := filepath.Join(directory, agent.AlertsName)
	document, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return alert.List{}, fmt.Errorf("no agent with alerts keeps its peers in %s; write rules into its configuration (alerts.rules), or name its directory with --state", directory)
	}
	if err != nil {
		return alert.List{}, fmt.Errorf("read alerts: %w", err)
	}
	return alert.ParseList(document)
}

func writeAlerts(w io.Writer, list alert.List) error {
	for _, severity := range []alert.Severity{alert.Critical, alert.Warning} {
		for _, a := range list.Alerts {
			if a.Severity != severity {
				continue
			}
			event := alert.Event{Alert: a, Firing: true, Time: list.Time}
			if _, err := fmt.Fprintf(w, "%s, since %s\n", alert.Text(&event), a.Since.Local().Format("Jan _2 15:04:05")); err != nil {
				return err
			}
		}
	}
	if len(list.Alerts) == 0 {
		_, err := fmt.Fprintln(w, "nothing rings")
		return err
	}
	return nil
}
