package main

import (
	"strings"

	"github.com/spf13/cobra"

	"dropwatch/internal/explain"
)

func newExplain() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [REASON | FUNCTION | COUNTER | TRAP]...",
		Short: "Say what a drop reason, kernel function, counter or devlink trap means and what to do",
		Example: `  dropwatch explain SOCKET_RCVBUFF
  dropwatch explain nft_do_chain
  dropwatch explain UdpInErrors
  dropwatch explain blackhole_route`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			base, err := explain.Load()
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			return base.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			base, err := explain.Load()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				_, err := c.OutOrStdout().Write([]byte(strings.Join(base.Names(), "\n") + "\n"))
				return err
			}
			for _, term := range args {
				entries := base.Lookup(term)
				if len(entries) == 0 {
					return unknownTerm(base, term)
				}
				if err := explain.WriteText(c.OutOrStdout(), entries); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func unknownTerm(base *explain.Base, term string) error {
	if near := base.Suggest(term); len(near) > 0 {
		return usagef("nothing is known about %q; did you mean %s?", term, strings.Join(near, ", "))
	}
	return usagef("nothing is known about %q; `dropwatch explain` lists all names", term)
}
