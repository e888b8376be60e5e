package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// DoctorSchema names the form of a Doctor in JSON.
const DoctorSchema = "dropwatch.doctor.v1"

// A Doctor says what this host lets us see, and what not.
type Doctor struct {
	Schema  string         `json:"schema"`
	Host    string         `json:"host"`
	Kernel  string         `json:"kernel"`
	Sources []DoctorSource `json:"sources"`
	Symbols DoctorSymbols  `json:"symbols"`
	Clock   DoctorClock    `json:"clock"`
	// Counters are the kernel's files of counters.
	Counters []DoctorCounter `json:"counters"`
	// Hidden is what missing privileges hide of owners.
	Hidden []string `json:"hidden,omitempty"`
	// Blind is what no source sees on any host.
	Blind []DoctorBlind `json:"blind"`
}

// A DoctorSource is a source of drops.
type DoctorSource struct {
	Name   string   `json:"name"`
	Usable bool     `json:"usable"`
	Chosen bool     `json:"chosen"` // by --source auto
	Why    string   `json:"why,omitempty"`
	Tells  []string `json:"tells,omitempty"`
	Notes  []string `json:"notes,omitempty"`
}

// DoctorSymbols is how functions get their names.
type DoctorSymbols struct {
	Method string `json:"method"` // kernel, kallsyms or none
	Why    string `json:"why,omitempty"`
}

// A DoctorClock is the state of the system clock.
type DoctorClock struct {
	Synchronized bool `json:"synchronized"`
}

// A DoctorCounter is a file of counters.
type DoctorCounter struct {
	Name     string `json:"name"`
	Readable bool   `json:"readable"`
	Why      string `json:"why,omitempty"`
}

// A DoctorBlind is a kind of drop that gives no event.
type DoctorBlind struct {
	What     string   `json:"what"`
	Counters []string `json:"counters,omitempty"` // that show it
	Advice   string   `json:"advice,omitempty"`
}

// WriteJSON writes the findings as one indented document.
func (d *Doctor) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

// WriteText writes the findings for people.
func (d *Doctor) WriteText(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s, Linux %s\n\nSources of drops\n", d.Host, d.Kernel)
	for _, s := range d.Sources {
		s.write(&b)
	}
	b.WriteString("\nThis host\n")
	item := func(label, text string) { wrap(&b, "  "+label, strings.Repeat(" ", 2+len(label)), text) }
	switch d.Symbols.Method {
	case "none":
		item("functions  ", "no names: "+d.Symbols.Why)
	default:
		item("functions  ", "named by "+d.Symbols.Method)
	}
	if d.Clock.Synchronized {
		item("clock      ", "synchronized")
	} else {
		item("clock      ", "not synchronized: times can be compared on this host only; start chrony or another time service")
	}
	for _, c := range d.Counters {
		if !c.Readable {
			item("counters   ", c.Name+" cannot be read: "+c.Why)
		}
	}
	for _, h := range d.Hidden {
		item("owners     ", h)
	}
	b.WriteString("\nWhat no source sees, and the counters that show it\n")
	for _, blind := range d.Blind {
		wrap(&b, "  - ", "    ", blind.What)
		if len(blind.Counters) > 0 {
			wrap(&b, "    ", "    ", strings.Join(blind.Counters, ", "))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (s *DoctorSource) write(b *bytes.Buffer) {
	label := fmt.Sprintf("  %-8s ", s.Name)
	rest := strings.Repeat(" ", len(label))
	switch {
	case !s.Usable:
		wrap(b, label, rest, "not usable: "+s.Why)
	case s.Chosen:
		wrap(b, label, rest, "works, and is what --source auto takes; tells "+strings.Join(s.Tells, ", "))
	default:
		wrap(b, label, rest, "works; tells "+strings.Join(s.Tells, ", "))
	}
	for _, note := range s.Notes {
		wrap(b, rest, rest, note)
	}
}
