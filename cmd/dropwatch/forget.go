package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"dropwatch/internal/agent"
	"dropwatch/internal/config"
)

func newForget() *cobra.Command {
	var directory string
	c := &cobra.Command{
		Use: "forget HOST", Short: "Have the agent forget a host and its key, by name or id", Args: wants("a host"),
		Long: `forget has the agent of this host forget another one: a host that is gone for good,
or one that was set up anew, which has another key and is refused under its old name
until then. Each collector must be told. A host that still sends is heard again with
its next record, if new hosts are accepted.`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := agent.AskForget(c.Context(), directory, args[0]); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "%s is forgotten\n", args[0])
			return err
		},
	}
	c.Flags().StringVar(&directory, "state", config.ReadPeers(), "state directory of the agent")
	return c
}
