package main

import (
	"io"

	"github.com/spf13/cobra"

	"dropwatch/internal/cluster"
	"dropwatch/internal/values"
)

func newMembers() *cobra.Command {
	var o viewOptions
	c := &cobra.Command{
		Use: "members", Short: "Show who is a member: state, role, address, when and what was heard, version", Args: noArguments,
		Long: `members shows every host that was heard. STATE says whether records come, MEMBER
what the membership tells: self, alive or gone; hosts that only send are no
members and have none. A record has the start of its agent and its number since
then. Hosts that have another version than most are marked.`,
		Example: `  dropwatch cluster members
  dropwatch cluster members --json`,
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := o.view(c.ErrOrStderr())
			if err != nil {
				return err
			}
			if o.json {
				return writeJSON(c.OutOrStdout(), v.Members())
			}
			return v.WriteMembers(c.OutOrStdout())
		},
	}
	o.addTo(c)
	return c
}

func newValues() *cobra.Command {
	var o viewOptions
	var list bool
	c := &cobra.Command{
		Use: "values", Short: "Show every number of the hosts by the name that alerts, graphs and metrics use", Args: noArguments,
		Long: `values shows every number that hosts told, with its name. What there can be
several of has the one in brackets, such as filesystem.used[/var]. With --list,
or before any host was heard, it shows the names there are and what they mean.`,
		Example: `  dropwatch cluster values --host web1
  dropwatch cluster values --list`,
		RunE: func(c *cobra.Command, _ []string) error {
			if list {
				return writeKinds(c.OutOrStdout(), o.json)
			}
			v, err := o.view(c.ErrOrStderr())
			switch {
			case err != nil:
				return err
			case len(v.Hosts) == 0:
				return writeKinds(c.OutOrStdout(), o.json)
			case o.json:
				return writeJSON(c.OutOrStdout(), v.Values())
			}
			return v.WriteValues(c.OutOrStdout())
		},
	}
	o.addTo(c)
	c.Flags().BoolVar(&list, "list", false, "show the names of values and what they mean")
	return c
}

func writeKinds(w io.Writer, asJSON bool) error {
	if !asJSON {
		return cluster.WriteKinds(w)
	}
	type kind struct {
		Name string      `json:"name"`
		Of   string      `json:"of,omitempty"`
		Unit values.Unit `json:"unit,omitempty"`
		Help string      `json:"help"`
	}
	var list []kind
	for _, k := range values.Kinds() {
		list = append(list, kind(k))
	}
	return writeJSON(w, map[string]any{"schema": "dropwatch.value-kinds.v1", "kinds": list})
}
