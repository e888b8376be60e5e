package explain

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"go.yaml.in/yaml/v3"

	"dropwatch/dropmon"
)

// The YAML files are what people edit. Reading them takes longer than a whole
// program start may take, so the program carries them as JSON.
//
//go:generate go test -run TestGenerated -update .
//go:embed data/base.json
var embedded []byte

// A file is one data file, or several merged into one.
type file struct {
	Rules      []ruleData      `json:",omitempty"`
	Subsystems []subsystemData `json:",omitempty"`
	Traps      []trapData      `json:",omitempty"`
	Counters   []counterData   `json:",omitempty"`
	Pitfalls   []pitfallData   `json:",omitempty"`
}

// ruleData is one rule as it is written. Reasons, functions and the conditions
// must all match; SeenIn only tells readers where the drop usually happens.
type ruleData struct {
	Subsystem string   `json:",omitempty"`
	Reasons   []string `json:",omitempty"`
	AnyReason bool     `json:",omitempty" yaml:"any_reason"`
	Functions []string `json:",omitempty"`
	SeenIn    []string `json:",omitempty" yaml:"seen_in"`

	Protocols  []string `json:",omitempty"` // ipv4, ipv6, arp, none (no network packet)
	Transports []string `json:",omitempty"` // tcp, udp, icmp, icmpv6
	Flags      []string `json:",omitempty"` // see flagNames; "!" in front negates

	Class     dropmon.Class `json:",omitempty"`
	Also      dropmon.Class `json:",omitempty"` // a second reading of the same facts
	Cause     string        `json:",omitempty"`
	Advice    string        `json:",omitempty"`
	Counters  []string      `json:",omitempty"`                   // the one that follows the drops most closely comes first
	TreatAs   string        `json:",omitempty" yaml:"treat_as"`   // take what is empty here from that reason
	ByCounter bool          `json:",omitempty" yaml:"by_counter"` // only counters tell it from a plainer rule
	Event     *bool         `json:",omitempty"`                   // false: the kernel reports no drop, only counters show it
	Fragments bool          `json:",omitempty"`
	Verified  bool          `json:",omitempty"`
	Culprit   CulpritKind   `json:",omitempty"` // what drops so
	Live      []string      `json:",omitempty"` // better than Advice where all their values are known; the first such one is taken

	SFlow   string            `json:",omitempty"`                 // discard code; otherwise that of the reason's name
	SFlowOf map[string]string `json:",omitempty" yaml:"sflow_of"` // the same for some of the reasons or functions

	group string // of devlink traps
}

// A subsystemData judges the reasons of a subsystem that no rule names.
type subsystemData struct {
	Name     string
	Class    dropmon.Class
	Cause    string
	Advice   string
	Counters []string `json:",omitempty"`
	SFlow    string   `json:",omitempty"`
}

// counterData tells which drops raise some counters.
type counterData struct {
	Names     []string
	Meaning   string
	Sum       []string `json:",omitempty"` // last parts of the names of counters that are part of this one
	Rest      string   `json:",omitempty"` // what else is part of it
	Reasons   []string `json:",omitempty"`
	Unmatched string   `json:",omitempty"`                 // the cause when no drop event explains a rise
	NoEvent   bool     `json:",omitempty" yaml:"no_event"` // a rise never comes with a drop event
	Pitfalls  []string `json:",omitempty"`
}

// pitfallData is one thing that goes wrong when events are compared with
// counters.
type pitfallData struct {
	Topic string
	Text  string
}

// Load returns the knowledge base of this program. It reads nothing but memory;
// an error means that the program was built with broken data.
func Load() (*Base, error) {
	var f file
	if err := json.Unmarshal(embedded, &f); err != nil {
		return nil, fmt.Errorf("read knowledge base: %w", err)
	}
	return build(f)
}

// ParseBase parses a knowledge base from all files NAME.yaml at the top of
// fsys. Unknown keys, classes and flags, rules that can never match and rules
// that contradict each other are errors.
func ParseBase(fsys fs.FS) (*Base, error) {
	f, err := readYAML(fsys)
	if err != nil {
		return nil, err
	}
	return build(f)
}

// readYAML merges the files of a folder in the order of their names.
func readYAML(fsys fs.FS) (file, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return file{}, fmt.Errorf("list knowledge base: %w", err)
	}
	if len(names) == 0 {
		return file{}, errors.New("read knowledge base: no file *.yaml")
	}
	var all file
	for _, name := range names {
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return file{}, fmt.Errorf("read knowledge base: %w", err)
		}
		f, err := decodeYAML(raw)
		if err != nil {
			return file{}, fmt.Errorf("parse %s: %w", name, err)
		}
		all.Rules = append(all.Rules, f.Rules...)
		all.Subsystems = append(all.Subsystems, f.Subsystems...)
		all.Traps = append(all.Traps, f.Traps...)
		all.Counters = append(all.Counters, f.Counters...)
		all.Pitfalls = append(all.Pitfalls, f.Pitfalls...)
	}
	return all, nil
}

func decodeYAML(raw []byte) (file, error) {
	var f file
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return file{}, err
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return file{}, errors.New("more than one document")
	}
	return f, nil
}
