package console

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"dropwatch/dropmon"
	"dropwatch/symbols"
)

// A recording is one run of the C program, recorded on Linux 6.1.
type recording struct {
	hello  string
	orders []order
}

// An order is a line that was typed and what came back.
type order struct {
	line   string
	answer string
	ctrlC  bool // ended it
}

// recordings reads the runs of a transcript.
func recordings(t *testing.T) map[string]recording {
	t.Helper()
	text, err := os.ReadFile("testdata/transcript-6.1.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]recording{}
	for run := range strings.SplitSeq(string(text), "=== ") {
		name, run, _ := strings.Cut(run, "\n")
		if name == "" {
			continue
		}
		run, _, found := strings.Cut(run, "[dropwatch exit")
		if !found {
			t.Fatalf("%s has no end", name)
		}
		parts := strings.Split(run, "dropwatch> ")
		r := recording{hello: parts[0]}
		for _, part := range parts[1:] {
			var o order
			o.line, o.answer, _ = strings.Cut(part, "\n")
			o.ctrlC = strings.Contains(o.answer, "^C")
			o.answer = strings.ReplaceAll(o.answer, "^C", "")
			r.orders = append(r.orders, o)
		}
		all[name] = r
	}
	return all
}

var (
	summaryLine = regexp.MustCompile(`(?m)^(\d+) drops at (\S+)\+([0-9a-f]+) \((0x[0-9a-f]+)\) \[software\]$`)
	packetPlace = regexp.MustCompile(`(?m)^drop at: (\S+)\+0x([0-9a-f]*)(?:/0x([0-9a-f]*))? \((0x[0-9a-f]+)\)$`)
	// wrongName is what the C program makes of functions in modules.
	wrongName = regexp.MustCompile(`__init_scratch_end\+[0-9a-f]+ `)
)

// drops are what the C program must have been told to answer so.
func (o *order) drops(t *testing.T) (drops []dropmon.Drop, packets bool) {
	t.Helper()
	for block := range strings.SplitSeq(o.answer, "\n\n") {
		if place := packetPlace.FindStringSubmatch(block); place != nil {
			drops = append(drops, packetOf(t, block, place[4]))
		}
	}
	if len(drops) > 0 {
		return drops, true
	}
	for _, line := range summaryLine.FindAllStringSubmatch(o.answer, -1) {
		d := somewhere(parse(t, line[4], 0))
		d.Packets = parse(t, line[1], 10)
		drops = append(drops, d)
	}
	return drops, false
}

// somewhere is a drop with an owner, so that nothing depends on the host.
func somewhere(location uint64) dropmon.Drop {
	return dropmon.Drop{
		Packets: 1, Buffers: 1, Location: location, Reason: dropmon.Reason{Code: dropmon.NoReason},
		NetNS: dropmon.NetNS{Inode: 1, Name: "blue"}, First: time.Unix(1, 0), Last: time.Unix(1, 0),
	}
}

func packetOf(t *testing.T, block, location string) dropmon.Drop {
	t.Helper()
	field := func(label string) string {
		_, after, _ := strings.Cut(block, "\n"+label+": ")
		value, _, _ := strings.Cut(after, "\n")
		return value
	}
	d := somewhere(parse(t, location, 0))
	when, fraction, _ := strings.Cut(strings.TrimSuffix(field("timestamp"), " nsec"), "2026 ")
	second, err := time.ParseInLocation("Mon Jan _2 15:04:05 2006", when+"2026", time.Local)
	if err != nil {
		t.Fatal(err)
	}
	d.Last = second.Add(time.Duration(parse(t, fraction, 10)))
	if index := field("input port ifindex"); index != "" {
		d.Interface.Index = uint32(parse(t, index, 10))
	}
	d.Protocol = uint16(parse(t, field("protocol"), 0))
	d.LinkLength = 14
	d.Length = uint32(parse(t, field("original length"), 10)) - 14
	d.Packet = make([]byte, parse(t, field("length"), 10))
	d.Reason = dropmon.Reason{Code: dropmon.NoReason, Subsystem: "core", Name: field("drop reason")}
	return d
}

func parse(t *testing.T, text string, base int) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, base, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// kernelNames answers as the kernel of the transcript would.
func kernelNames(t *testing.T, all map[string]recording) *symbols.Resolver {
	t.Helper()
	places := map[uint64]symbols.Symbol{}
	for _, r := range all {
		for _, o := range r.orders {
			for _, m := range summaryLine.FindAllStringSubmatch(o.answer, -1) {
				s := symbols.Symbol{Name: m[2], Offset: parse(t, m[3], 16), Size: 0xfff}
				if wrongName.MatchString(m[0]) {
					s = symbols.Symbol{Name: "nft_do_chain", Module: "nf_tables", Offset: 0x1ce, Size: 0x570}
				}
				if address := parse(t, m[4], 0); places[address].Name == "" {
					places[address] = s
				}
			}
			for _, m := range packetPlace.FindAllStringSubmatch(o.answer, -1) {
				s := symbols.Symbol{Name: m[1], Offset: 0x10, Size: 0xfff}
				if m[2] != "" { // else the kernel has cut it off
					s.Offset = parse(t, m[2], 16)
				}
				if m[3] != "" {
					s.Size = parse(t, m[3], 16)
				}
				places[parse(t, m[4], 0)] = s
			}
		}
	}
	return symbols.NewResolver(symbols.Config{Kernel: func(before uint64) (string, error) {
		s, ok := places[before+1]
		if !ok {
			return fmt.Sprintf("0x%x", before), nil
		}
		s.Offset-- // the question is about the call, not about its return
		return s.String(), nil
	}})
}
