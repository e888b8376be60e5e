package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"dropwatch/internal/agent"
	"dropwatch/internal/config"
)

func newAgent() *cobra.Command {
	var path string
	var check, example bool
	c := &cobra.Command{
		Use:   "agent",
		Short: "Run all the time: drops and status of this host, exchanged with peers",
		Long: `agent runs what its configuration names: the drop monitor, host status and the
exchange with peers. Each part runs by itself; one that fails is started again.
What peers told is in the state directory, which uptime, who and cluster read.

SIGHUP has it read its configuration again; parts that it does not change go on.
--example-config prints a configuration with all keys, what they mean, and what
they are when they are left out. --check-config also looks at the files that a
configuration names; the user who will run the agent should do it.`,
		Example: `  dropwatch agent --example-config >agent.yaml
  dropwatch agent --config agent.yaml --check-config
  dropwatch agent`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if example {
				_, err := io.WriteString(c.OutOrStdout(), config.Example())
				return err
			}
			config, err := config.Load(path)
			if err != nil {
				return err
			}
			if check {
				if err := agent.Check(config); err != nil {
					return fmt.Errorf("%s: %w", path, err)
				}
				fmt.Fprintf(c.OutOrStdout(), "%s is right\n", path)
				return nil
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			return runAgent(ctx, path, config, c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&path, "config", config.DefaultPath, "configuration")
	f.BoolVar(&check, "check-config", false, "check the configuration and exit")
	f.BoolVar(&example, "example-config", false, "print a configuration with all keys and exit")
	c.AddCommand(newAgentStatus())
	return c
}

func newAgentStatus() *cobra.Command {
	var directory string
	var json bool
	c := &cobra.Command{
		Use: "status", Short: "Show how the agent of this host is doing itself", Args: noArguments,
		Long: `status asks the agent of this host: which of its parts run, why others do not, and
what became of all that it received.`,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := agent.Ask(c.Context(), directory)
			if err != nil {
				return err
			}
			if json {
				return writeJSON(c.OutOrStdout(), s)
			}
			return s.Write(c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&directory, "state", config.ReadPeers(), "state directory of the agent")
	c.Flags().BoolVar(&json, "json", false, "print JSON")
	return c
}

func runAgent(ctx context.Context, path string, c config.Config, stderr io.Writer) (err error) {
	collectGarbage(small)
	a, err := agent.New(c, version(), stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if terminal(stderr) {
		fmt.Fprintf(stderr, "this host is %s; Ctrl-C ends\n", a.ID())
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, unix.SIGHUP)
	defer signal.Stop(hangups)
	ctx, cancel := context.WithCancel(ctx)
	var followed sync.WaitGroup
	defer followed.Wait()
	defer cancel()
	followed.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangups:
				fmt.Fprintln(stderr, reload(a, path))
			}
		}
	})
	return a.Run(ctx)
}

// reload reads the configuration again, and says what came of it.
func reload(a *agent.Agent, path string) string {
	c, err := config.Load(path)
	if err == nil {
		err = agent.Check(c) // else what runs would end for what cannot
	}
	if err == nil {
		err = a.Reload(c)
	}
	if err != nil {
		return strings.ReplaceAll(err.Error(), "\n", "; ") + "; the agent goes on as it was"
	}
	return "configuration: read again"
}
