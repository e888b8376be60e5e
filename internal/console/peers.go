package console

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"dropwatch/internal/cluster"
	"dropwatch/internal/peer/statedir"
	"dropwatch/shell"
)

// peersCommand shows what the hosts of the cluster told.
func (c *console) peersCommand() shell.Command {
	return shell.Command{
		Name: "peers", Args: "[" + strings.Join(cluster.Texts(), " | ") + "]",
		Help: "show what the hosts of the cluster told\nWithout a word: who is up. It is read from the state directory of the agent.",
		Run:  c.peers, Complete: completePeers,
	}
}

func completePeers(args []string) []string {
	if len(args) > 1 {
		return nil
	}
	return cluster.Texts()
}

func (c *console) peers(_ context.Context, s *shell.Session, args []string) error {
	what := "uptime"
	if len(args) > 0 {
		what = args[0]
	}
	if len(args) > 1 || !slices.Contains(cluster.Texts(), what) {
		return shell.Usagef("one of %s may follow", strings.Join(cluster.Texts(), ", "))
	}
	list, problems, err := statedir.ReadAll(c.peersDirectory)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("no agent keeps peers in %s; start one: dropwatch agent", c.peersDirectory)
	}
	if err != nil {
		return err
	}
	for _, problem := range problems {
		s.Printf("%v\n", problem)
	}
	return cluster.Text(what, cluster.New(list, time.Now()), s)
}
