package report

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// appendJSON appends the packet as encoding/json would write it. Thousands of
// packets come in a second, and to find out by reflection what a packet has
// takes several times as long.
func (p *Packet) appendJSON(b []byte) ([]byte, error) {
	b = appendText(append(b, `{"schema":`...), p.Schema)
	b = append(b, `,"time":`...)
	b, err := appendTime(b, p.Time)
	if err != nil {
		return nil, err
	}
	if b, err = p.Drop.appendMembers(b); err != nil {
		return nil, err
	}
	b = strconv.AppendUint(append(b, `,"length":`...), uint64(p.Length), 10)
	b = strconv.AppendInt(append(b, `,"cpu":`...), int64(p.CPU), 10)
	if len(p.Data) > 0 {
		b = base64.StdEncoding.AppendEncode(append(b, `,"data":"`...), p.Data)
		b = append(b, '"')
	}
	if p.Link {
		b = append(b, `,"link":true`...)
	}
	return append(b, '}'), nil
}

// appendMembers appends what stands between the braces, with a comma before
// each.
func (d *Drop) appendMembers(b []byte) (_ []byte, err error) {
	b = strconv.AppendUint(append(b, `,"packets":`...), d.Packets, 10)
	b = strconv.AppendUint(append(b, `,"buffers":`...), d.Buffers, 10)
	b = strconv.AppendUint(append(b, `,"bytes":`...), d.Bytes, 10)
	b = appendMember(b, "reason", d.Reason)
	b = appendMember(b, "subsystem", d.Subsystem)
	b = appendMember(b, "class", d.Class)
	if d.Discard != nil {
		b = strconv.AppendUint(append(b, `,"discard":{"code":`...), uint64(d.Discard.Code), 10)
		b = append(appendMember(b, "name", d.Discard.Name), '}')
	}
	b = appendText(append(b, `,"origin":`...), d.Origin)
	if d.Trap != nil {
		if b, err = appendAny(b, "trap", d.Trap); err != nil {
			return nil, err
		}
	}
	b = appendMember(b, "counter", d.Counter)
	b = d.appendPlace(b)
	b = appendMember(b, "protocol", d.Protocol)
	b = appendMember(b, "transport", d.Transport)
	b = d.appendWhose(b)
	b = appendMember(b, "cause", d.Cause)
	b = appendMember(b, "advice", d.Advice)
	return d.appendRow(b)
}

func (d *Drop) appendPlace(b []byte) []byte {
	if l := d.Location; l != nil {
		b = appendText(append(b, `,"location":{"address":`...), l.Address)
		b = appendMember(b, "symbol", l.Symbol)
		if l.Offset != 0 {
			b = strconv.AppendUint(append(b, `,"offset":`...), l.Offset, 10)
		}
		b = append(appendText(append(b, `,"module":`...), l.Module), '}')
	}
	if n := d.NetNS; n != nil {
		b = strconv.AppendUint(append(b, `,"netns":{"inode":`...), uint64(n.Inode), 10)
		b = append(appendMember(b, "name", n.Name), '}')
	}
	if i := d.Interface; i != nil {
		b = append(b, `,"interface":{`...)
		if i.Index != 0 {
			b = strconv.AppendUint(append(b, `"index":`...), uint64(i.Index), 10)
		}
		b = append(appendMember(b, "name", i.Name), '}')
	}
	return b
}

func (d *Drop) appendWhose(b []byte) []byte {
	if p := d.Process; p != nil {
		b = strconv.AppendInt(append(b, `,"process":{"pid":`...), int64(p.PID), 10)
		b = append(appendText(append(b, `,"name":`...), p.Name), '}')
	}
	if f := d.Flow; f != nil {
		b = append(b, `,"flow":{`...)
		b = appendMember(b, "source", f.Source)
		b = append(appendMember(b, "destination", f.Destination), '}')
	}
	return b
}

// appendRow appends what rows have and packets do not.
func (d *Drop) appendRow(b []byte) (_ []byte, err error) {
	if len(d.Culprit) > 0 {
		if b, err = appendAny(b, "culprit", d.Culprit); err != nil {
			return nil, err
		}
	}
	if !d.First.IsZero() {
		if b, err = appendTime(append(b, `,"first":`...), d.First); err != nil {
			return nil, err
		}
	}
	if !d.Last.IsZero() {
		if b, err = appendTime(append(b, `,"last":`...), d.Last); err != nil {
			return nil, err
		}
	}
	if d.Sample != nil {
		if b, err = appendAny(b, "sample", d.Sample); err != nil {
			return nil, err
		}
	}
	if d.Other {
		b = append(b, `,"other":true`...)
	}
	return b, nil
}

// appendMember appends a text unless it is empty, with a comma before it unless
// it is the first of its object.
func appendMember(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, name...)
	return appendText(append(b, `":`...), text)
}

// appendAny is for what is rare.
func appendAny(b []byte, name string, value any) ([]byte, error) {
	text, err := marshal(value)
	if err != nil {
		return nil, err
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	return append(b, text...), nil
}

func appendTime(b []byte, t time.Time) ([]byte, error) {
	if t.Location() == time.UTC && t.Year() >= 0 && t.Year() <= 9999 {
		return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"'), nil
	}
	text, err := t.MarshalJSON()
	return append(b, text...), err
}

// appendText appends a JSON string. What needs an escape is left to
// encoding/json.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			// cannot fail: any string has a form in JSON
			escaped, _ := marshal(text)
			return append(b, escaped...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}

// marshal encodes without the escapes that are for web pages.
func marshal(value any) ([]byte, error) {
	var line lineBuffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return line.text(), err
}

// A lineBuffer holds one line.
type lineBuffer []byte

func (l *lineBuffer) Write(p []byte) (int, error) {
	*l = append(*l, p...)
	return len(p), nil
}

// text is the line without its end.
func (l lineBuffer) text() []byte { return l[:max(len(l)-1, 0)] }
