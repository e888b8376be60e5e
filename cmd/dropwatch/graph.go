package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dropwatch/internal/config"
	"dropwatch/internal/history"
	"dropwatch/internal/history/ring"
	"dropwatch/internal/history/rrdxml"
)

// graphOptions are the flags of cluster graph.
type graphOptions struct {
	directory     string
	output        string
	span          time.Duration
	width, height int
}

func newGraph() *cobra.Command {
	var o graphOptions
	command := &cobra.Command{
		Use: "graph HOST [VALUE...]", Short: "Draw the past of a host's values, or hand it to rrdtool",
		Long: `graph draws what the agent of this host has kept of a host. The file's name says
what is written: .svg and .png are pictures, .xml is for "rrdtool restore". Values
are those of "cluster values"; * stands for anything, and of a name without
brackets all there are are drawn. Without a value those that are kept are listed.`,
		Example: `  dropwatch cluster graph web1
  dropwatch cluster graph web1 drops.lost_rate -o drops.svg
  dropwatch cluster graph web1 'interface.*_bytes[eth0]' --for 24h -o eth0.png
  dropwatch cluster graph web1 cpu.busy -o cpu.xml && rrdtool restore cpu.xml cpu.rrd`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("%s takes a host and values", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := positive("for", o.span); err != nil {
				return err
			}
			return o.run(args[0], args[1:], c.OutOrStdout())
		},
	}
	f := command.Flags()
	f.StringVar(&o.directory, "history", config.ReadHistory(), "directory of the agent's history")
	f.StringVarP(&o.output, "output", "o", "", "file to write: .svg, .png or .xml")
	f.DurationVar(&o.span, "for", 6*time.Hour, "how far back a picture goes")
	f.IntVar(&o.width, "width", 800, "of a picture, in pixels")
	f.IntVar(&o.height, "height", 300, "of a picture, in pixels")
	return command
}

func (o *graphOptions) run(name string, keys []string, out io.Writer) error {
	host, err := history.Find(o.directory, name)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w; hosts with a history: %s", err, o.hosts())
	}
	if err != nil {
		return err
	}
	view, err := ring.Read(host.Path)
	if err != nil {
		return err
	}
	defer view.Close()
	if len(keys) == 0 {
		for _, k := range view.Keys() {
			if _, err := fmt.Fprintf(out, "%s  %s\n", k.Last.Local().Format("2006-01-02 15:04:05"), k.Key); err != nil {
				return err
			}
		}
		return nil
	}
	write, err := o.writer(view, keys)
	if err != nil {
		return err
	}
	path, err := saveTarget(o.output, "name another one")
	if err == nil {
		err = replaceFile(path, write)
	}
	if err != nil {
		return fmt.Errorf("draw: %w", err)
	}
	return nil
}

// hosts are the names of those that have one.
func (o *graphOptions) hosts() string {
	list, _, err := history.List(o.directory)
	if err != nil {
		return "none; is there an agent that keeps one? (--history names its directory)"
	}
	var names []string
	for _, h := range list {
		names = append(names, h.Name)
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

// writer is what writes the file of that name.
func (o *graphOptions) writer(view *ring.View, keys []string) (func(io.Writer) error, error) {
	kind := filepath.Ext(o.output)
	if kind == ".xml" {
		return func(w io.Writer) error { return rrdxml.Write(w, view, keys...) }, nil
	}
	if kind != ".svg" && kind != ".png" {
		return nil, usagef("--output %q: name a file that ends with .svg, .png or .xml", o.output)
	}
	now := time.Now()
	chart, err := history.Chart(view, keys, now.Add(-o.span), now, o.width)
	if err != nil {
		return nil, err
	}
	chart.Width, chart.Height = o.width, o.height
	if kind == ".svg" {
		return chart.SVG, nil
	}
	return chart.PNG, nil
}
