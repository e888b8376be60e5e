package action

import (
	"strconv"
	"strings"
	"time"

	"dropwatch/internal/alert"
)

// A field is what commands and syslog are told of an event, by a name.
type field struct{ name, text string }

// fields are all there are, in order. Those that do not apply are empty.
func fields(e *alert.Event) []field {
	return []field{
		{"rule", e.Rule},
		{"state", e.State()},
		{"severity", string(e.Severity)},
		{"host", e.Host},
		{"value", e.Value},
		{"number", strconv.FormatFloat(e.Number, 'f', -1, 64)},
		{"unit", string(e.Unit)},
		{"condition", e.Condition},
		{"cluster", string(e.Cluster)},
		{"on", e.On},
		{"since", e.Since.UTC().Format(time.RFC3339Nano)},
		{"time", e.Time.UTC().Format(time.RFC3339Nano)},
		{"reason", e.Reason},
		{"text", alert.Text(e)},
	}
}

// Placeholders are the words that are replaced in arguments of commands, such as
// "{host}". The same names in capitals, behind DROPWATCH_, are in their
// environment.
func Placeholders() []string {
	var names []string
	for _, f := range fields(new(alert.Event)) {
		names = append(names, "{"+f.name+"}")
	}
	return names
}

// arguments replaces placeholders. What is put in is not looked at again, and
// stays within its argument. A host chooses its own name: where that begins an
// argument, a dash at its front is made an underscore, for it would be an option.
func arguments(args []string, e *alert.Event) []string {
	var pairs []string
	for _, f := range fields(e) {
		pairs = append(pairs, "{"+f.name+"}", f.text)
	}
	replacer := strings.NewReplacer(pairs...)
	out := make([]string, len(args))
	for i, arg := range args {
		out[i] = replacer.Replace(arg)
		chosen := strings.HasPrefix(arg, "{host}") || strings.HasPrefix(arg, "{on}")
		if rest, dash := strings.CutPrefix(out[i], "-"); chosen && dash {
			out[i] = "_" + rest
		}
	}
	return out
}

// environment is all that a command gets.
func environment(path string, e *alert.Event) []string {
	env := []string{"PATH=" + path}
	for _, f := range fields(e) {
		env = append(env, "DROPWATCH_"+strings.ToUpper(f.name)+"="+f.text)
	}
	return env
}
