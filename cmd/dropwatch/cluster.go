package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"dropwatch/internal/cluster"
	"dropwatch/internal/config"
	"dropwatch/internal/peer/statedir"
)

// viewOptions are the flags of commands that read the state directory.
type viewOptions struct {
	directory string
	host      string
	json      bool
}

func (o *viewOptions) addTo(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.directory, "state", config.ReadPeers(), "state directory of the agent")
	f.StringVar(&o.host, "host", "", "only this host")
	f.BoolVar(&o.json, "json", false, "print JSON")
}

// view reads the directory. What is broken in it is told, and no reason to fail.
func (o *viewOptions) view(stderr io.Writer) (*cluster.View, error) {
	collectGarbage(quick)
	peers, problems, err := statedir.ReadAll(o.directory)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w; start the agent (dropwatch agent), or name its directory with --state", err)
	}
	if err != nil {
		return nil, err
	}
	for _, problem := range problems {
		fmt.Fprintf(stderr, "dropwatch: %v\n", problem)
	}
	v := cluster.New(peers, time.Now())
	v.Only(o.host)
	if o.host != "" && len(v.Hosts) == 0 {
		return nil, fmt.Errorf("host %q was not heard; dropwatch cluster hosts lists those that were", o.host)
	}
	return v, nil
}

// newView makes a command that shows something of all hosts.
func newView(use, short string, text func(*cluster.View, io.Writer) error) *cobra.Command {
	var o viewOptions
	c := &cobra.Command{
		Use: use, Short: short, Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := o.view(c.ErrOrStderr())
			if err != nil {
				return err
			}
			if o.json {
				return v.WriteJSON(c.OutOrStdout())
			}
			return text(v, c.OutOrStdout())
		},
	}
	o.addTo(c)
	return c
}

func newUptime() *cobra.Command {
	return newView("uptime", "Show the hosts of the cluster: up or down since, users, load", (*cluster.View).WriteUptime)
}

func newWho() *cobra.Command {
	var o viewOptions
	var find string
	var count bool
	c := &cobra.Command{
		Use: "who", Short: "Show who is logged in on the hosts of the cluster, the least idle first", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := o.view(c.ErrOrStderr())
			if err != nil {
				return err
			}
			list := v.Logins()
			if find != "" {
				list = firstOf(list, find)
			}
			switch {
			case o.json:
				return writeJSON(c.OutOrStdout(), map[string]any{"schema": "dropwatch.who.v1", "users": list})
			case count:
				_, err := fmt.Fprintln(c.OutOrStdout(), len(list))
				return err
			}
			if find != "" && len(list) == 0 {
				return fmt.Errorf("%s is nowhere logged in, as far as the hosts tell", find)
			}
			return cluster.WriteWho(c.OutOrStdout(), list)
		},
	}
	o.addTo(c)
	c.Flags().StringVar(&find, "find", "", "only the terminal where this user was active last")
	c.Flags().BoolVar(&count, "count", false, "print the number of logins")
	return c
}

// firstOf is the least idle login of a user.
func firstOf(list []cluster.Login, user string) []cluster.Login {
	for _, l := range list {
		if l.Name == user {
			return []cluster.Login{l}
		}
	}
	return nil
}

func writeJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

func newCluster() *cobra.Command {
	c := &cobra.Command{
		Use: "cluster", Short: "Show what the hosts of the cluster told, and make its keys", Args: noArguments,
		Long: `cluster shows what the hosts told this one, from the state directory of its
agent: the agent need not run, and no privileges are needed.`,
		Example: `  dropwatch cluster drops --since 1h
  dropwatch cluster hosts
  dropwatch cluster values --host web1`,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		newView("hosts", "Show the hosts: state, load of CPU and memory, drops, kernel; those first that are down or lose most", (*cluster.View).WriteHosts),
		newView("net", "Show the rates of every interface, those hosts first that carry far more than others", (*cluster.View).WriteNet),
		newView("disk", "Show the file systems, those hosts first that have a full one", (*cluster.View).WriteDisk),
		newView("mem", "Show memory and swap, those hosts first that have little left", (*cluster.View).WriteMem),
		newMembers(), newValues(), newClusterDrops(), newAlerts(), newGraph(), newForget(), newKey(),
	)
	return c
}
