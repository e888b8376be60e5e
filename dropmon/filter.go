package dropmon

import (
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// maxFilter bounds the length of an expression.
const maxFilter = 4096

// A Filter is a checked expression over [Attributes]. It may be used by
// several goroutines. A nil Filter matches everything.
type Filter struct {
	text    string
	program *vm.Program
	names   map[string]bool
	fixed   map[string][]string
	each    *Filter // the part about single drops; nil if there is none
	sums    *Filter // the part about rows; nil if there is none
}

// A FilterError says where an expression is wrong.
type FilterError struct {
	Expression string
	Column     int // counted from 1, in bytes
	Problem    string
}

func (e *FilterError) Error() string {
	return fmt.Sprintf("filter: column %d: %s", e.Column, e.Problem)
}

// CompileFilter checks an expression such as
//
//	reason == "NO_SOCKET" && interface == "eth0" && bytes > 100
//
// in the language of expr-lang.org. An empty expression gives a nil Filter. A
// wrong one gives a *FilterError.
func CompileFilter(expression string) (*Filter, error) {
	if strings.TrimSpace(expression) == "" {
		return nil, nil
	}
	if len(expression) > maxFilter {
		return nil, &FilterError{expression[:maxFilter], maxFilter + 1, fmt.Sprintf("longer than %d bytes", maxFilter)}
	}
	program, err := expr.Compile(expression, expr.Env(Attributes{}), expr.AsBool())
	if err != nil {
		return nil, filterError(expression, err)
	}
	f := &Filter{text: expression, program: program, names: make(map[string]bool), fixed: make(map[string][]string)}
	root := program.Node()
	ast.Find(root, func(n ast.Node) bool {
		if name, ok := n.(*ast.IdentifierNode); ok {
			f.names[name.Value] = true
		}
		return false
	})
	if f.Sums() && f.names["length"] {
		return nil, &FilterError{expression, 1, "length is of one packet; packets, buffers and bytes are of a row: they cannot be combined"}
	}
	f.collectFixed(root)
	return f, f.split(root)
}

func filterError(expression string, err error) error {
	var located *file.Error
	if !errors.As(err, &located) {
		return &FilterError{expression, 1, err.Error()}
	}
	problem := located.Message
	if name, ok := strings.CutPrefix(problem, "unknown name "); ok {
		problem = fmt.Sprintf("no attribute %s; known: %s", name, strings.Join(AttributeNames(), " "))
	}
	return &FilterError{expression, located.Column + 1, problem}
}

// AttributeNames lists the attributes by name.
func AttributeNames() []string {
	var names []string
	for field := range reflect.TypeFor[Attributes]().Fields() {
		names = append(names, field.Tag.Get("expr"))
	}
	sort.Strings(names)
	return names
}

// AttributeHelp describes an attribute in a few words.
func AttributeHelp(name string) string {
	for field := range reflect.TypeFor[Attributes]().Fields() {
		if field.Tag.Get("expr") == name {
			return field.Tag.Get("help")
		}
	}
	return ""
}

// String returns the expression.
func (f *Filter) String() string {
	if f == nil {
		return ""
	}
	return f.text
}

// Match tells whether a drop with these attributes is wanted. An error is a
// fault that shows only with the values at hand, such as a wrong pattern.
func (f *Filter) Match(a Attributes) (bool, error) {
	if f == nil {
		return true, nil
	}
	result, err := expr.Run(f.program, a)
	if err != nil {
		return false, filterError(f.text, err)
	}
	return result.(bool), nil
}

// Detail is what the filter needs groups to be told apart by.
func (f *Filter) Detail() Detail {
	var detail Detail
	if f == nil {
		return 0
	}
	for name, bit := range map[string]Detail{
		"source": DetailFlow, "source_port": DetailFlow,
		"destination": DetailFlow, "destination_port": DetailFlow,
		"process": DetailSocket, "pid": DetailSocket,
		"length": DetailLength,
	} {
		if f.names[name] {
			detail |= bit
		}
	}
	return detail
}

// Asks is what the filter needs the source to tell.
func (f *Filter) Asks() By {
	var by By
	if f == nil {
		return 0
	}
	for name, bit := range map[string]By{
		"netns": ByNetNS, "netns_inode": ByNetNS, "interface": ByInterface, "ifindex": ByInterface,
		"source": ByFlow, "source_port": ByFlow, "destination": ByFlow, "destination_port": ByFlow,
		"process": ByProcess, "pid": ByProcess, "reason": ByReason, "subsystem": ByReason,
		"protocol": ByProtocol, "transport": ByProtocol,
	} {
		if f.names[name] {
			by |= bit
		}
	}
	return by
}

// Sums tells whether the filter asks for amounts (packets, buffers, bytes),
// which a row has only when all its drops are added up.
func (f *Filter) Sums() bool {
	return f != nil && (f.names["packets"] || f.names["buffers"] || f.names["bytes"])
}

// Split parts a filter into what can be asked of each drop and what can be
// asked only of rows: together they are the filter. Either may be nil.
func (f *Filter) Split() (each, rows *Filter) {
	switch {
	case f == nil:
		return nil, nil
	case !f.Sums():
		return f, nil
	}
	return f.each, f.sums
}

// split fills in the parts of a filter that asks for amounts: the terms that
// are joined by "and" at the top are told apart.
func (f *Filter) split(root ast.Node) error {
	if !f.Sums() {
		return nil
	}
	var each, sums []string
	for _, term := range terms(root) {
		if asksAmount(term) {
			sums = append(sums, "("+term.String()+")")
		} else {
			each = append(each, "("+term.String()+")")
		}
	}
	if len(each) == 0 {
		f.sums = f
		return nil
	}
	var err error
	if f.each, err = CompileFilter(strings.Join(each, " && ")); err != nil {
		return err
	}
	// one level deep: the parts have nothing left to split
	program, err := expr.Compile(strings.Join(sums, " && "), expr.Env(Attributes{}), expr.AsBool())
	if err != nil {
		return filterError(f.text, err)
	}
	f.sums = &Filter{text: f.text, program: program}
	return nil
}

func terms(n ast.Node) []ast.Node {
	if b, ok := n.(*ast.BinaryNode); ok && (b.Operator == "&&" || b.Operator == "and") {
		return append(terms(b.Left), terms(b.Right)...)
	}
	return []ast.Node{n}
}

func asksAmount(n ast.Node) bool {
	return ast.Find(n, func(n ast.Node) bool {
		name, ok := n.(*ast.IdentifierNode)
		return ok && (name.Value == "packets" || name.Value == "buffers" || name.Value == "bytes")
	}) != nil
}

// Fixed returns the values that an attribute must have for the filter to
// match; none if the filter leaves it open. They can be decided in the kernel.
func (f *Filter) Fixed(attribute string) []string {
	if f == nil {
		return nil
	}
	return f.fixed[attribute]
}

// collectFixed looks for comparisons with constants that the whole expression
// depends on: those joined by "and" at the top.
func (f *Filter) collectFixed(n ast.Node) {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return
	}
	switch b.Operator {
	case "&&", "and":
		f.collectFixed(b.Left)
		f.collectFixed(b.Right)
	case "==":
		if !f.fix(b.Left, b.Right) {
			f.fix(b.Right, b.Left)
		}
	case "in":
		f.fix(b.Left, b.Right)
	}
}

// fix notes one comparison. Two for the same attribute can only narrow each
// other, so the first alone is a sound bound.
func (f *Filter) fix(attribute, value ast.Node) bool {
	name, ok := attribute.(*ast.IdentifierNode)
	if !ok {
		return false
	}
	values := constants(value)
	if values == nil {
		return false
	}
	if f.fixed[name.Value] == nil {
		f.fixed[name.Value] = values
	}
	return true
}

func constants(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.StringNode:
		return []string{n.Value}
	case *ast.ConstantNode: // a list, folded by the compiler
		if set, ok := n.Value.(map[string]struct{}); ok {
			var values []string
			for v := range set {
				values = append(values, v)
			}
			sort.Strings(values)
			return values
		}
	case *ast.ArrayNode:
		var values []string
		for _, element := range n.Nodes {
			s, ok := element.(*ast.StringNode)
			if !ok {
				return nil
			}
			values = append(values, s.Value)
		}
		return values
	}
	return nil
}
