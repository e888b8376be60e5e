package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// A config says what to run.
type config struct {
	members  []int // hosts of each scenario of members, collectors among them
	mute     int   // mute hosts; 0 is no such scenario
	loss     float64
	interval time.Duration
	seed     uint64
	dir      string // for the files of collectors

	pace   time.Duration // between joins
	idle   time.Duration // how long membership alone is measured
	rounds int           // of records that are measured
	revive bool          // kill a collector too, and wait for them to come back
}

func parse(args []string, complaints io.Writer) (*config, error) {
	c := &config{pace: 40 * time.Millisecond, idle: 20 * time.Second, rounds: 3, revive: true}
	flags := flag.NewFlagSet("simulate", flag.ContinueOnError)
	flags.SetOutput(complaints)
	members := flags.String("members", "30,100,300", "hosts of each scenario in which all are members; empty for none")
	flags.IntVar(&c.mute, "mute", 1000, "hosts of the scenario in which all but the collectors are mute; 0 for none")
	flags.Float64Var(&c.loss, "loss", 0.05, "share of datagrams that are lost in a part of each scenario")
	flags.DurationVar(&c.interval, "interval", 10*time.Second, "time between two records of a host")
	flags.Uint64Var(&c.seed, "seed", 1, "seed of what is lost and of whom a host joins by")
	flags.StringVar(&c.dir, "dir", "", "directory for the files of the collectors (default that for temporary files)")
	quick := flags.Bool("quick", false, "few hosts, short intervals and no revival of members: half a minute")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if *quick {
		*members, c.mute = "30", 100
		c.interval, c.idle, c.revive = 400*time.Millisecond, time.Second, false
	}
	return c, c.check(*members)
}

func (c *config) check(members string) error {
	for field := range strings.FieldsFuncSeq(members, func(r rune) bool { return r == ',' }) {
		n, err := strconv.Atoi(field)
		if err != nil || n <= collectors {
			return fmt.Errorf("-members: %q: want a number of more than %d hosts", field, collectors)
		}
		c.members = append(c.members, n)
	}
	switch {
	case c.mute < 0:
		return errors.New("-mute: want a number of hosts")
	case c.loss < 0 || c.loss > 1:
		return errors.New("-loss: want a share from 0 to 1")
	case c.interval < 100*time.Millisecond:
		return errors.New("-interval: want 100ms at least")
	case len(c.members) == 0 && c.mute == 0:
		return errors.New("nothing to run: give -members or -mute")
	}
	return nil
}
