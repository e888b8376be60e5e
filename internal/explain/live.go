package explain

import (
	"fmt"
	"strconv"
	"strings"
)

// Values knows the settings and levels that a text can name in braces:
//
//	{limit}                      what the culprit is set to, or holds
//	{net.core.rmem_max}          a sysctl; DEV stands for the interface
//	{nf_conntrack.entries}       a counter that is a level
//
// It tells false for what is not known. A value may have several fields.
type Values func(name string) (string, bool)

// Advise returns the advice with what is set on this host, or the plain one
// where not all of that is known.
func (v *Verdict) Advise(values Values) string {
	for _, text := range v.Live {
		if filled, ok := fill(text, values); ok {
			return filled
		}
	}
	return v.Advice
}

// fill replaces what is in braces: {NAME}, {NAME#2} for its second field,
// {NAME*4} for four times as much.
func fill(text string, values Values) (string, bool) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		inside, after, _ := strings.Cut(rest, "}")
		p, err := parsePlaceholder(inside)
		if err != nil {
			return "", false
		}
		value, ok := p.value(values)
		if !ok {
			return "", false
		}
		b.WriteString(value)
		text = after
	}
}

// A placeholder is what stands in braces.
type placeholder struct {
	name   string
	field  int    // from 1; 0 means the whole value
	factor uint64 // 1 leaves the value as it is
}

func parsePlaceholder(text string) (placeholder, error) {
	p := placeholder{factor: 1}
	name, factor, scaled := strings.Cut(text, "*")
	name, field, part := strings.Cut(name, "#")
	p.name = name
	if part {
		n, err := strconv.ParseUint(field, 10, 8)
		if err != nil || n == 0 {
			return p, fmt.Errorf("%q has no field %q", text, field)
		}
		p.field = int(n)
	}
	if scaled {
		n, err := strconv.ParseUint(factor, 10, 16)
		if err != nil || n == 0 {
			return p, fmt.Errorf("%q has no factor %q", text, factor)
		}
		p.factor = n
	}
	odd := func(r rune) bool {
		return r != '.' && r != '_' && r != '-' && !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	}
	if name == "" || strings.ContainsFunc(name, odd) {
		return p, fmt.Errorf("%q is no name of a value", name)
	}
	return p, nil
}

func (p placeholder) value(values Values) (string, bool) {
	value, ok := values(p.name)
	if !ok {
		return "", false
	}
	if p.field > 0 {
		fields := strings.Fields(value)
		if len(fields) < p.field {
			return "", false
		}
		value = fields[p.field-1]
	}
	if p.factor == 1 {
		return value, value != ""
	}
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil || n > 1<<63/p.factor {
		return "", false
	}
	return strconv.FormatUint(n*p.factor, 10), true
}

// checkLive refuses a text that could never be shown.
func checkLive(text string) error {
	if err := checkText("live", text, maxAdvice, false); err != nil {
		return err
	}
	named := false
	for rest := text; ; {
		before, after, found := strings.Cut(rest, "{")
		if strings.Contains(before, "}") {
			return fmt.Errorf("live has a brace too many: %s", text)
		}
		if !found {
			break
		}
		inside, after, closed := strings.Cut(after, "}")
		if !closed {
			return fmt.Errorf("live has an open brace: %s", text)
		}
		if _, err := parsePlaceholder(inside); err != nil {
			return fmt.Errorf("live names what cannot be: %w", err)
		}
		named, rest = true, after
	}
	if !named {
		return fmt.Errorf("live names no value: %s", text)
	}
	return nil
}
