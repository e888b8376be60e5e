package recording

import (
	"encoding/hex"
	"strings"

	"dropwatch/dropmon"
	"dropwatch/internal/report"
	"dropwatch/internal/session"
)

// rowOf is what the file says of the row of a packet.
func rowOf(index uint32, e *session.Entry) row {
	r := row{
		Row: index, Packets: e.Packets, Buffers: e.Buffers, Link: e.LinkLength,
		Code: e.Reason.Code, Reason: e.Reason.Name, Subsystem: e.Reason.Subsystem, Class: string(e.Class),
		Hardware: e.Origin == dropmon.Hardware,
		Protocol: e.Protocol, Transport: e.Transport, Flags: uint8(e.Flags),
	}
	if e.Trap != (dropmon.Trap{}) {
		r.Trap = &report.Trap{Group: e.Trap.Group, Name: e.Trap.Name, Cookie: hex.EncodeToString([]byte(e.Trap.Cookie))}
	}
	if e.Location != 0 {
		r.Location = &location{
			Address: e.Location, Symbol: e.Symbol.Name, Offset: e.Symbol.Offset, Size: e.Symbol.Size, Module: e.Symbol.Module,
		}
	}
	if e.NetNS != (dropmon.NetNS{}) {
		r.NetNS = &report.NetNS{Inode: e.NetNS.Inode, Name: e.NetNS.Name}
	}
	if e.Interface != (dropmon.Interface{}) {
		r.Interface = &report.Interface{Index: e.Interface.Index, Name: e.Interface.Name}
	}
	if e.Process != (dropmon.Process{}) {
		r.Process = &report.Process{PID: e.Process.PID, Name: e.Process.Name}
	}
	return r
}

// comment is what Wireshark shows of a packet.
func comment(d *report.Drop) string {
	text := d.Why()
	if d.Class != "" {
		text += " (" + d.Class + ")"
	}
	if where := d.Where(); where != "" {
		text += " in " + where
	}
	if d.Process != nil {
		text += ", " + d.Process.String()
	}
	if d.Discard != nil {
		text += ", sFlow " + d.Discard.Name
	}
	if d.Cause != "" {
		text += ". " + d.Cause
	}
	// one line, as lists of packets show it
	return strings.Join(strings.Fields(text), " ")
}
