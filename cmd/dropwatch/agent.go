package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"dropwatch/internal/agent"
	"dropwatch/internal/config"
)

func newAgent() *cobra.Command {
	var path string
	var check bool
	c := &cobra.Command{
		Use:   "agent",
		Short: "Run all the time: drops and status of this host, exchanged with peers",
		Long: `agent runs what its configuration names: the drop monitor, host status and the
exchange with peers. Each part runs by itself; one that fails is started again.
What peers told is in the state directory, which uptime, who and cluster read.`,
		Example: `  dropwatch agent --config agent.yaml --check-config
  dropwatch agent`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := config.Load(path)
			if err != nil {
				return err
			}
			if check {
				fmt.Fprintf(c.OutOrStdout(), "%s is right\n", path)
				return nil
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			return runAgent(ctx, config, c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&path, "config", config.DefaultPath, "configuration")
	f.BoolVar(&check, "check-config", false, "check the configuration and exit")
	return c
}

func runAgent(ctx context.Context, c config.Config, stderr io.Writer) (err error) {
	a, err := agent.New(c, version(), stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if terminal(stderr) {
		fmt.Fprintf(stderr, "this host is %s; Ctrl-C ends\n", a.ID())
	}
	return a.Run(ctx)
}
