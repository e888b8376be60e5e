package droplog

import (
	"strconv"

	"dropwatch/internal/export/logline"
	"dropwatch/internal/report"
)

// dropFields are those that rows and packets have in common. What is unknown is
// left out.
func dropFields(d *report.Drop) []logline.Field {
	list := []logline.Field{
		count("packets", d.Packets), count("bytes", d.Bytes), count("buffers", d.Buffers),
		text("reason", d.Reason), text("subsystem", d.Subsystem), text("class", d.Class),
	}
	if d.Discard != nil {
		list = append(list, text("discard", d.Discard.Name))
	}
	list = append(list, text("origin", d.Origin), text("counter", d.Counter))
	if t := d.Trap; t != nil {
		list = append(list, text("trap", t.Name), text("trap_group", t.Group), text("cookie", t.Cookie))
	}
	if l := d.Location; l != nil {
		list = append(list, text("function", l.Symbol))
		if l.Symbol != "" {
			list = append(list, text("offset", "0x"+strconv.FormatUint(l.Offset, 16)))
		}
		list = append(list, text("module", l.Module), text("address", l.Address))
	}
	list = append(list, placeFields(d.NetNS, d.Interface)...)
	list = append(list, text("protocol", d.Protocol), text("transport", d.Transport))
	return fields(append(list, ownerFields(d)...)...)
}

func placeFields(n *report.NetNS, i *report.Interface) []logline.Field {
	var list []logline.Field
	if n != nil {
		list = append(list, text("netns", n.Name), count("netns_inode", uint64(n.Inode)))
	}
	if i != nil {
		list = append(list, text("interface", i.Name), nonzero("ifindex", uint64(i.Index)))
	}
	return list
}

// ownerFields are of who sent or was to get the packets, and of who dropped
// them. Of a row the ends are those of one packet.
func ownerFields(d *report.Drop) []logline.Field {
	var list []logline.Field
	process := d.Process
	if s := d.Sample; s != nil && process == nil {
		process = s.Process
	}
	if process != nil {
		list = append(list, text("process", process.Name), count("pid", uint64(process.PID)))
	}
	switch {
	case d.Flow != nil:
		list = append(list, text("source", d.Flow.Source), text("destination", d.Flow.Destination))
	case d.Sample != nil:
		list = append(list, text("source", d.Sample.Source), text("destination", d.Sample.Destination))
	}
	if len(d.Culprit) > 0 {
		list = append(list, text("culprit", d.Culprit[0].Name), text("culprit_kind", d.Culprit[0].Kind))
	}
	return append(list, text("cause", d.Cause))
}

func text(name, value string) logline.Field { return logline.Text(name, value) }

func count(name string, n uint64) logline.Field { return logline.Count(name, n) }

// nonzero is a count that is left out when there is nothing.
func nonzero(name string, n uint64) logline.Field {
	if n == 0 {
		return logline.Field{}
	}
	return logline.Count(name, n)
}

// fields leaves out what is unknown.
func fields(list ...logline.Field) []logline.Field {
	kept := list[:0]
	for _, f := range list {
		if f.Name != "" && (f.IsCount || f.Value != "") {
			kept = append(kept, f)
		}
	}
	return kept
}
