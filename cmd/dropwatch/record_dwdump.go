package main

import (
	"slices"

	"github.com/spf13/cobra"

	"dropwatch/dropmon"
)

// compatible is the flag of record that stands for the command dwdump, because
// letters of its options mean something else there.
const compatible = "--dwdump-compatible"

// dwdumpArguments turns record --dwdump-compatible into the command that it
// stands for.
func dwdumpArguments(args []string) []string {
	if len(args) == 0 || args[0] != "record" {
		return args
	}
	at := slices.Index(args, compatible)
	if end := slices.Index(args, "--"); at < 0 || end >= 0 && end < at {
		return args
	}
	return append([]string{"dwdump"}, slices.Concat(args[1:at], args[at+1:])...)
}

func newDwdump() *cobra.Command {
	var o dwdumpOptions
	var origin string
	c := &cobra.Command{
		Use:    "dwdump",
		Hidden: true, // it is part of record
		Short:  "Record what the kernel's drop monitor sends, as dwdump does",
		Long: `record --dwdump-compatible writes what the kernel's drop monitor sends into a
capture file that Wireshark reads, as the program dwdump does, with the same
options. A link to this program by the name dwdump does so too. Ctrl-C ends it.
dropwatch replay reads the file.

Different from dwdump: a record has the time of the drop; packets that were lost
on the way are counted and told at the end; the settings of the monitor are put
back.

Exit status: 0 done, 1 failed, 2 wrong usage.`,
		Example: `  dropwatch record --dwdump-compatible -w drops.pcap
  dropwatch record --dwdump-compatible -o sw -t 128 | tshark -r -`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if o.origins, err = dwdumpOrigins(origin); err != nil {
				return err
			}
			if err := o.check(); err != nil {
				return err
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			return o.run(ctx, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVarP(&o.file, "write", "w", "", "file to write to; standard output unless told otherwise")
	f.Uint32VarP(&o.truncate, "trunc", "t", 0xffff, "bytes of each packet to keep, 0 for all")
	f.Uint32VarP(&o.queue, "limit", "l", 1000, "packets that wait in the kernel on each CPU")
	f.BoolVarP(&o.passive, "passive", "p", false, "only listen to a monitor that is on already")
	f.IntVarP(&o.buffer, "bufsize", "b", 0, "bytes of our own buffer; 0 means 32 MiB")
	f.StringVarP(&origin, "origin", "o", "", "record only sw or hw drops; both unless told otherwise")
	f.BoolVarP(&o.query, "query", "q", false, "print the monitor's configuration and exit")
	f.BoolVarP(&o.stats, "stats", "s", false, "print the monitor's statistics and exit")
	f.BoolVarP(&o.exit, "exit", "e", false, "switch the monitor off, whoever switched it on, and exit")
	complete(c, "origin", []string{"sw", "hw"})
	return c
}

func dwdumpOrigins(name string) (dropmon.Origins, error) {
	switch name {
	case "":
		return 0, nil
	case "sw":
		return dropmon.SoftwareDrops, nil
	case "hw":
		return dropmon.HardwareDrops, nil
	}
	return 0, usagef("unknown origin %q: use sw or hw", name)
}
