package action

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dropwatch/internal/alert"
	"dropwatch/internal/export/syslog"
	"dropwatch/internal/peer/record"
)

// An Action is what is done about alerts: exactly one of its kinds. The yaml keys
// are those of the configuration, where actions have names.
type Action struct {
	// Log writes a line where the agent writes its complaints.
	Log bool `yaml:"log"`
	// Syslog is a destination as package syslog reads it, or "local".
	Syslog string `yaml:"syslog"`
	// Command is a program with its absolute path and its arguments, in which
	// the words of [Placeholders] are replaced.
	Command []string `yaml:"command"`
	// Webhook is called with POST and the event as JSON.
	Webhook Webhook `yaml:"webhook"`
	// Bell rings the terminal that the agent runs in, if it is one.
	Bell bool `yaml:"bell"`
	// Timeout is for each attempt; 0 means 30 s for a command and 10 s else.
	Timeout time.Duration `yaml:"timeout"`
}

// A Webhook is an address of HTTP.
type Webhook struct {
	// URL is http or https. Redirects are not followed.
	URL string `yaml:"url"`
	// HeaderFile has lines "Name: value" to send along, such as Authorization.
	// Only its owner may read it. It is read for each event.
	HeaderFile string `yaml:"header_file"`
}

// Bounds of a configuration.
const (
	maxActions    = 64
	maxArguments  = 256
	maxTimeout    = 10 * time.Minute
	timeout       = 10 * time.Second
	commandsTime  = 30 * time.Second
	maxActionName = 64
)

// Check refuses what cannot work. The error is one line that names the key at
// fault. It looks at no file and at no network.
func (a *Action) Check() error {
	var kinds []string
	for _, kind := range []struct {
		key string
		set bool
	}{
		{"log", a.Log}, {"syslog", a.Syslog != ""}, {"command", len(a.Command) > 0},
		{"webhook", a.Webhook != Webhook{}}, {"bell", a.Bell},
	} {
		if kind.set {
			kinds = append(kinds, kind.key)
		}
	}
	if len(kinds) != 1 {
		return fmt.Errorf("want exactly one of log, syslog, command, webhook and bell, not %d", len(kinds))
	}
	if a.Timeout < 0 || a.Timeout > maxTimeout {
		return fmt.Errorf("timeout: %v: must be from 0s to %v", a.Timeout, maxTimeout)
	}
	if err := a.checkKind(kinds[0]); err != nil {
		return fmt.Errorf("%s: %w", kinds[0], err)
	}
	return nil
}

func (a *Action) checkKind(kind string) error {
	switch kind {
	case "syslog":
		_, err := a.syslogConfig()
		return err
	case "command":
		return checkCommand(a.Command)
	case "webhook":
		_, err := parseURL(a.Webhook.URL)
		return err
	}
	return nil
}

func checkCommand(command []string) error {
	switch {
	case !filepath.IsAbs(command[0]):
		return fmt.Errorf("%q: want the absolute path of a program; a shell is one, such as /bin/sh", command[0])
	case len(command) > maxArguments:
		return fmt.Errorf("more than %d arguments", maxArguments)
	case slices.ContainsFunc(command, func(s string) bool { return strings.Contains(s, "\x00") }):
		return errors.New("an argument has a zero byte")
	}
	return nil
}

func (a *Action) syslogConfig() (syslog.Config, error) {
	if a.Syslog == "local" {
		return syslog.Config{}, nil
	}
	return syslog.ParseURL(a.Syslog)
}

func (a *Action) timeout() time.Duration {
	switch {
	case a.Timeout > 0:
		return a.Timeout
	case len(a.Command) > 0:
		return commandsTime
	}
	return timeout
}

// Check refuses actions that cannot work and rules that name one that is not
// there, all of it at once.
func Check(actions map[string]Action, rules []alert.Rule) error {
	var errs []error
	if len(actions) > maxActions {
		errs = append(errs, fmt.Errorf("actions: %d; there can be %d", len(actions), maxActions))
	}
	for _, name := range slices.Sorted(maps.Keys(actions)) {
		a := actions[name]
		if name == "" || len(name) > maxActionName || record.CleanText(name, maxActionName) != name {
			errs = append(errs, fmt.Errorf("action %.40q: want a name of 1 to %d bytes of printable text", name, maxActionName))
		}
		if err := a.Check(); err != nil {
			errs = append(errs, fmt.Errorf("action %q: %w", name, err))
		}
	}
	for i := range rules {
		for _, name := range rules[i].ActionNames() {
			if _, ok := actions[name]; !ok && name != alert.DefaultAction {
				errs = append(errs, fmt.Errorf("alert %q: actions: there is no action %q", rules[i].Name, name))
			}
		}
	}
	return errors.Join(errs...)
}
