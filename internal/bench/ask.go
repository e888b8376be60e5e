package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"text/tabwriter"
	"time"

	"dropwatch/internal/cluster"
)

// A question is a command that reads what hosts told.
type question struct {
	name string
	args []string
	// in starts it where its files are; nil means here.
	in func(start func() error) error
}

// Names of questions that are compared.
const (
	askDrops   = "cluster drops"
	askUptime  = "uptime"
	askRuptime = "ruptime"
)

// An asked question has been measured: ms from the start to the end, ms of CPU
// time, and peak MB.
type asked struct {
	question
	wall, cpu, rss series
	failed         error // it is left out
}

// ask measures the commands, in rounds of alternating order.
func ask(ctx context.Context, o options, dir, binary string, out io.Writer) (list []asked, err error) {
	state := filepath.Join(dir, "state")
	if err := fillState(ctx, state); err != nil {
		return nil, err
	}
	if err := checkAnswers(ctx, binary, state, hostCount); err != nil {
		return nil, err
	}
	if list, err = questions(dir, binary, state); err != nil {
		return nil, err
	}
	list = append(list, openRuptime(ctx, dir))
	for round := range o.asks {
		for _, i := range order(len(list), round) {
			if err := list[i].run(ctx); err != nil {
				return nil, err
			}
		}
	}
	return list, printAsked(out, o, list)
}

// questions are the commands, and the least that they can take.
func questions(dir, binary, state string) ([]asked, error) {
	files, err := filepath.Glob(filepath.Join(state, "*.json"))
	if err != nil {
		return nil, err
	}
	none := filepath.Join(dir, "none")
	if err := os.Mkdir(none, 0o755); err != nil {
		return nil, err
	}
	of := func(name string, args ...string) asked {
		return asked{question: question{name: name, args: append([]string{binary}, args...)}}
	}
	return []asked{
		of("cluster drops without a host", "cluster", "drops", "--state", none),
		{question: question{name: "cat of the same files", args: append([]string{"cat"}, files...)}},
		of(askDrops, "cluster", "drops", "--state", state),
		of("cluster drops --since 10m", "cluster", "drops", "--since", "10m", "--state", state),
		of("cluster hosts", "cluster", "hosts", "--state", state),
		of(askUptime, "uptime", "--state", state),
	}, nil
}

// fillState has a child make the hosts up: what this process needs for that would
// be in the peak memory of the commands.
func fillState(ctx context.Context, path string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find own program: %w", err)
	}
	if text, err := exec.CommandContext(ctx, self, commandTell, path).CombinedOutput(); err != nil {
		return fmt.Errorf("make up hosts: %w: %s", err, bytes.TrimSpace(text))
	}
	return nil
}

// checkAnswers makes sure that all is read that is there.
func checkAnswers(ctx context.Context, binary, state string, hosts int) error {
	once := uint64(hosts * hostPackets)
	for _, c := range []struct {
		args        []string
		least, most uint64
	}{
		{nil, once, once},
		{[]string{"--since", "10m"}, 9 * once, 11 * once}, // whole minutes
	} {
		command := exec.CommandContext(ctx, binary, append([]string{"cluster", "drops", "--json", "--state", state}, c.args...)...)
		text, err := command.Output()
		if err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
		var r cluster.DropReport
		if err := json.Unmarshal(text, &r); err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
		if r.Hosts != hosts || r.Lost < c.least || r.Lost > c.most {
			return fmt.Errorf("%s: %d packets of %d hosts, want %d to %d of %d", command, r.Lost, r.Hosts, c.least, c.most, hosts)
		}
	}
	return nil
}

// run measures once, unless the command is left out.
func (a *asked) run(ctx context.Context) error {
	if a.failed != nil {
		return ctx.Err()
	}
	command := exec.CommandContext(ctx, a.args[0], a.args[1:]...)
	var begin time.Time
	start := func() error {
		begin = time.Now()
		return command.Start()
	}
	in := a.in
	if in == nil {
		in = func(start func() error) error { return start() }
	}
	err := in(start)
	if err == nil {
		err = command.Wait()
	}
	took := time.Since(begin)
	if err != nil {
		return fmt.Errorf("%s: %w", a.name, err)
	}
	state := command.ProcessState
	a.wall = append(a.wall, milliseconds(took))
	a.cpu = append(a.cpu, milliseconds(state.UserTime()+state.SystemTime()))
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		a.rss = append(a.rss, megabytes(usage.Maxrss))
	}
	return nil
}

func printAsked(out io.Writer, o options, list []asked) error {
	own, err := memoryOf(os.Getpid())
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nCommands that read what %d hosts told, %d rows each and %d minutes of drops;\n"+
		"%d times, interleaved; ms from start to end, ms of CPU time, and peak resident\n"+
		"memory (a child's reading begins at the parent's, here %.1f MB)\n", hostCount, hostRows, hostMinutes, o.asks, own.peak)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  command\tmin\tmedian\tmax\tCPU min\tmedian\tmax\tpeak MB")
	for _, a := range list {
		if a.failed != nil {
			fmt.Fprintf(w, "  %s\tleft out: %v\n", a.name, a.failed)
			continue
		}
		fmt.Fprintf(w, "  %s\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\n", a.name,
			a.wall.min(), a.wall.median(), a.wall.max(), a.cpu.min(), a.cpu.median(), a.cpu.max(), a.rss.max())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	ours, theirs := find(list, askUptime), find(list, askRuptime)
	if ours != nil && theirs != nil {
		ratio := ours.wall.bounds().over(theirs.wall.bounds())
		_, err = fmt.Fprintf(out, "  uptime / ruptime, min and median: %.1f, %.1f\n", ratio.min, ratio.median)
	}
	return err
}

// find returns a question that was measured, or nil.
func find(list []asked, name string) *asked {
	for i := range list {
		if list[i].name == name && list[i].failed == nil {
			return &list[i]
		}
	}
	return nil
}

func askTargets(list []asked) []target {
	t := target{what: fmt.Sprintf("cluster drops of %d hosts", hostCount), limit: 200, unit: " ms", missing: true}
	if a := find(list, askDrops); a != nil && len(a.wall) > 0 {
		t.measured, t.missing = a.wall.bounds(), false
	}
	return []target{t}
}
