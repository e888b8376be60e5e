package alert

import (
	"errors"
	"fmt"
	"strings"

	"dropwatch/internal/values"
)

// A Condition compares a value with a number.
type Condition struct {
	Name   string // of the value
	Of     string // what stands in its brackets; empty means each there is
	Op     Op
	Number float64
	Unit   values.Unit // of the value
}

// An Op is a way to compare.
type Op string

// The ways to compare. There is none for equality: numbers are measured.
const (
	Above   Op = ">"
	AtLeast Op = ">="
	Below   Op = "<"
	AtMost  Op = "<="
)

// up tells whether large numbers are the bad ones.
func (o Op) up() bool { return o == Above || o == AtLeast }

// opposite holds exactly when the other does not.
func (o Op) opposite() Op {
	switch o {
	case Above:
		return AtMost
	case AtLeast:
		return Below
	case Below:
		return AtLeast
	}
	return Above
}

// Bounds of what is read.
const (
	maxText = 512 // bytes of a condition
	maxKey  = 256 // bytes of the key of a value
)

// ParseCondition reads VALUE OP NUMBER, such as "memory.used > 90%" or
// "filesystem.available[/var] < 5Gi". VALUE is a name that package values knows,
// with or without brackets, OP one of > >= < <=, and NUMBER may have a unit that
// fits the value: % for shares; k, M, G, T, Ki, Mi, Gi, Ti for amounts; us, ms, s,
// m, h, d for times. It reads at most 512 bytes.
func ParseCondition(text string) (Condition, error) {
	if len(text) > maxText {
		return Condition{}, fmt.Errorf("condition: has more than %d bytes", maxText)
	}
	key, op, rest, err := cutCondition(text)
	if err != nil {
		return Condition{}, err
	}
	if len(key) > maxKey {
		return Condition{}, fmt.Errorf("value: has more than %d bytes", maxKey)
	}
	c := Condition{Op: op}
	if c.Name, c.Of, err = values.ParseKey(key); err != nil {
		return Condition{}, err
	}
	c.Unit = kindOf(c.Name).Unit
	c.Number, err = parseNumber(rest, c.Unit)
	return c, err
}

// errForm says what a condition looks like.
var errForm = errors.New("want VALUE OP NUMBER, such as memory.used > 90%, where OP is one of > >= < <=")

// cutCondition takes a condition apart. What stands in brackets may be anything:
// they end where a comparison follows.
func cutCondition(text string) (key string, op Op, rest string, err error) {
	text = strings.TrimSpace(text)
	at := strings.IndexAny(text, "[<>")
	for at >= 0 && text[at] == '[' {
		at = closing(text)
	}
	if at < 0 {
		return "", "", "", fmt.Errorf("condition %q: %w", text, errForm)
	}
	op, rest = Op(text[at:at+1]), text[at+1:]
	if after, ok := strings.CutPrefix(rest, "="); ok {
		op, rest = op+"=", after
	}
	return strings.TrimSpace(text[:at]), op, strings.TrimSpace(rest), nil
}

// closing is where the comparison behind brackets is, or -1.
func closing(text string) int {
	for i := range len(text) {
		if text[i] != ']' {
			continue
		}
		after := strings.TrimLeft(text[i+1:], " \t")
		if after != "" && (after[0] == '<' || after[0] == '>') {
			return len(text) - len(after)
		}
	}
	return -1
}

func kindOf(name string) values.Kind {
	for _, k := range values.Kinds() {
		if k.Name == name {
			return k
		}
	}
	return values.Kind{}
}

// Key is the value with what stands in brackets.
func (c Condition) Key() string { return values.Key(c.Name, c.Of) }

// String is the form that ParseCondition reads, with a bare number.
func (c Condition) String() string {
	return c.Key() + " " + string(c.Op) + " " + bareNumber(c.Number)
}

// Holds compares a number.
func (c Condition) Holds(n float64) bool {
	switch c.Op {
	case Above:
		return n > c.Number
	case AtLeast:
		return n >= c.Number
	case Below:
		return n < c.Number
	}
	return n <= c.Number
}

// apart tells whether no number fulfils both.
func (c Condition) apart(until Condition) bool {
	if c.Op.up() == until.Op.up() {
		return false
	}
	if c.Number == until.Number {
		both := (c.Op == AtLeast || c.Op == AtMost) && (until.Op == AtLeast || until.Op == AtMost)
		return !both
	}
	return (until.Number < c.Number) == c.Op.up()
}
