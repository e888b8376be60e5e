package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"dropwatch/internal/export/rotate"
	"dropwatch/internal/recording"
	"dropwatch/internal/session"
)

type recordOptions struct {
	options
	file     string
	count    uint64
	duration time.Duration
	snap     uint32
	queue    uint32
	size     int64 // millions of bytes
	every    int64 // seconds
	files    int
	// compatible is there for the help: what has it is another command.
	compatible bool
}

func newRecord() *cobra.Command {
	var o recordOptions
	c := &cobra.Command{
		Use:   "record",
		Short: "Record dropped packets into a pcapng file, for Wireshark and for replay",
		Long: `record writes every dropped packet into a file that Wireshark reads: each with a
comment that says why, where and whose it was, and one interface for each
namespace and device. dropwatch replay shows the file as summary, watch and
watch --packets do, on any host. Ctrl-C ends it.

The file holds the contents of packets, so only its owner may read it. What is
lost on the way is counted, in the file and at the end; a larger --queue helps.
Benign drops are only counted, unless there is --all.

-C, -G and -W make several files as tcpdump does; each can be replayed alone.

With --dwdump-compatible it does what the program dwdump does, with the options
of that; see dropwatch record --dwdump-compatible --help.

Exit status: 0 done, 1 failed, 2 wrong usage.`,
		Example: `  dropwatch record -w drops.pcapng --for 1m
  dropwatch record -w - | wireshark -k -i -
  dropwatch record -w drops-%F-%H.pcapng -G 3600 --netns web`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("for") {
				if err := positive("for", o.duration); err != nil {
					return err
				}
			}
			if err := o.check(c.OutOrStdout()); err != nil {
				return err
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			return o.run(ctx, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.addTo(c)
	f := c.Flags()
	f.StringVarP(&o.file, "write", "w", "", "file to write to, - for standard output")
	f.Uint64VarP(&o.count, "count", "c", 0, "end after this many packets")
	f.DurationVar(&o.duration, "for", 0, "end after this time; 0 means at Ctrl-C")
	f.Uint32VarP(&o.snap, "snap", "s", 256, "bytes of each packet to keep, at most 65535")
	f.Uint32Var(&o.queue, "queue", 50000, "packets that wait in the kernel")
	f.Int64VarP(&o.size, "rotate-size", "C", 0, "begin another file when one has more than this many million bytes")
	f.Int64VarP(&o.every, "rotate-seconds", "G", 0, "begin another file after this many seconds, named by strftime(3)")
	f.IntVarP(&o.files, "files", "W", 0, "with -C a ring of this many files, with -G end after so many")
	f.BoolVar(&o.compatible, "dwdump-compatible", false, "do what dwdump does")
	for _, name := range []string{"by", "json", "coarse"} { // of rows
		_ = f.MarkHidden(name)
	}
	return c
}

func (o *recordOptions) check(out io.Writer) error {
	switch {
	case o.compatible:
		return usagef("--dwdump-compatible has options of its own; see dropwatch record --dwdump-compatible --help")
	case o.file == "":
		return usagef("name a file with -w FILE, or - for standard output")
	case o.file == "-" && terminal(out):
		return usagef("standard output is a terminal; name a file with -w FILE, or pipe it into a program")
	case o.snap == 0 || o.snap > 0xffff:
		return usagef("--snap %d: from 1 to 65535 bytes", o.snap)
	case o.queue == 0:
		return usagef("--queue 0: in a queue of no packets the kernel loses them all")
	case o.by != "" || o.json || o.coarse:
		return usagef("--by, --json and --coarse are about rows, and record writes packets; give them to dropwatch replay")
	case o.size < 0 || o.size > 1<<40:
		return usagef("-C %d: from 1 to a million million million bytes", o.size)
	case o.every < 0 || o.every > 1<<31:
		return usagef("-G %d: from 1 second to 68 years", o.every)
	case o.files < 0:
		return usagef("-W %d: at least one file", o.files)
	case o.files > 0 && o.size == 0 && o.every == 0:
		return usagef("-W is the number of files that -C or -G make")
	case o.file == "-" && (o.size > 0 || o.every > 0):
		return usagef("standard output cannot be rotated; name a file with -w FILE")
	}
	return nil
}

func (o *recordOptions) run(ctx context.Context, out, diagnostics io.Writer) error {
	config, err := o.config()
	if err != nil {
		return err
	}
	config.Packets, config.Snap, config.Queue = true, o.snap, o.queue
	// The recorder leaves out benign drops, since it counts them.
	config.All, config.Counters = true, true
	var recorder *recording.Recorder
	config.Idle = func() {
		if recorder != nil {
			recorder.Flush()
		}
	}
	s, err := session.Open(config)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, warning := range s.Warnings() {
		fmt.Fprintf(diagnostics, "dropwatch: %s\n", warning)
	}
	recorder, err = recording.Begin(s, recording.Config{
		Files: rotate.Config{
			Path: o.file, Stdout: out, Size: o.size * 1_000_000, Every: time.Duration(o.every) * time.Second, Count: o.files,
		},
		All: o.all, Count: o.count, Snap: o.snap, Filter: config.Filter, PacketFilter: config.PacketFilter,
		Application: "dropwatch " + version(),
	})
	if err != nil {
		return o.cure(err, nil)
	}
	if terminal(diagnostics) {
		fmt.Fprintf(diagnostics, "recording with source %s to %s; Ctrl-C ends\n", s.Source(), o.name(recorder.Name()))
	}
	if err := o.loop(ctx, s, recorder); err != nil {
		_, failed := recorder.End()
		return errors.Join(err, failed)
	}
	result, err := recorder.End()
	if err != nil {
		return o.cure(err, &result)
	}
	o.tell(diagnostics, &result)
	return nil
}

// loop records until the time is over, the count is reached or Ctrl-C.
func (o *recordOptions) loop(ctx context.Context, s *session.Session, r *recording.Recorder) error {
	defer context.AfterFunc(ctx, s.Wake)()
	take := func(e *session.Entry) {
		if r.Take(e); r.Done() {
			s.Wake()
		}
	}
	var end time.Time
	if o.duration > 0 {
		end = s.Started().Add(o.duration)
	}
	for ctx.Err() == nil && !r.Done() {
		deadline := time.Now().Add(time.Second)
		if !end.IsZero() && deadline.After(end) {
			deadline = end
		}
		if err := s.Receive(deadline, take); err != nil {
			return err
		}
		r.Tick(time.Now())
		if !end.IsZero() && !time.Now().Before(end) {
			break
		}
	}
	return s.Stop(take)
}

// cure says what a user can do about a file that cannot be written.
func (o *recordOptions) cure(err error, result *recording.Result) error {
	name := o.file
	if result != nil {
		name = result.Name
		err = fmt.Errorf("%w; %d packets are recorded and can be replayed", err, result.Packets)
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%s: %w; make room, or let -C and -W bound the files", o.name(name), err)
	}
	return err
}

// tell says what became of the recording.
func (o *recordOptions) tell(w io.Writer, r *recording.Result) {
	name := o.name(r.Name)
	if r.Files > 1 {
		name = fmt.Sprintf("%d files, the last is %s", r.Files, name)
	}
	fmt.Fprintf(w, "%d packets recorded to %s, %d missed\n", r.Packets, name, r.Lost())
	if r.Missed.Any() {
		fmt.Fprintf(w, "missed: %s\n", r.Missed)
	}
}

func (o *recordOptions) name(path string) string {
	if path == "-" {
		return "standard output"
	}
	return path
}
