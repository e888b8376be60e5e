package agent

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Write writes the status as text.
func (s *Status) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is %s, dropwatch %s\n", s.Host, s.ID, s.Version)
	if p := s.Peers; p != nil {
		fmt.Fprintf(&b, "%s: %d hosts known, %d members answer\n", p.Role, p.Hosts, p.Members)
	}
	t := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "PART\tSTATE\tFOR\tFAILURES\tLAST ERROR")
	for _, h := range s.Parts {
		state := "waits"
		if h.Running {
			state = "runs"
		}
		fmt.Fprintf(t, "%s\t%s\t%v\t%d\t%s\n", h.Name, state, s.Time.Sub(h.Since).Truncate(time.Second), h.Failures, h.Error)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if p := s.Peers; p != nil && p.Packets != nil {
		writeCounts(&b, "packets", p.Packets)
		writeCounts(&b, "records", p.Records)
		writeCounts(&b, "of these", map[string]uint64{"repaired": p.Repaired, "without room": p.Overrun, "not repaired": p.Unrepaired})
		if p.Unsaved != "" {
			fmt.Fprintf(&b, "%s\n", p.Unsaved)
		}
	}
	if h := s.History; h != nil {
		writeCounts(&b, "history", map[string]uint64{
			"hosts": uint64(h.Hosts), "updates": h.Updates, "values left out": h.LeftOut, "values refused": h.Refused, "updates failed": h.Failed, "files put aside": h.Broken,
		})
	}
	if d := s.Daemon; d != nil {
		writeCounts(&b, "rrdcached", map[string]uint64{
			"values taken": d.Taken, "lost": d.Lost, "refused": d.Refused, "waiting": uint64(d.Waiting), "failures": d.Failures,
		})
		if d.Problem != "" {
			fmt.Fprintf(&b, "rrdcached: %s\n", d.Problem)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// lineWidth is that of a terminal.
const lineWidth = 79

// writeCounts writes those that are not zero, in lines that fit.
func writeCounts(b *strings.Builder, what string, counts map[string]uint64) {
	line := what + ":"
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] == 0 {
			continue
		}
		word := fmt.Sprintf(" %s %d,", strings.ReplaceAll(name, "_", " "), counts[name])
		if len(line)+len(word) > lineWidth+1 {
			b.WriteString(line + "\n")
			line = strings.Repeat(" ", len(what)+1)
		}
		line += word
	}
	if text, some := strings.CutSuffix(line, ","); some {
		b.WriteString(text + "\n")
	}
}
