package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	unknownField = regexp.MustCompile(`^(line \d+: )field (\S+) not found in type \S+$`)
	wrongType    = regexp.MustCompile("^(line \\d+: )cannot unmarshal \\S+ (`.*`) into (\\S+)$")
)

// plain words the errors of the library for somebody who knows no Go.
func plain(err error) error {
	var list *yaml.TypeError
	if !errors.As(err, &list) {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var parts []string
	for _, text := range list.Errors {
		if m := unknownField.FindStringSubmatch(text); m != nil {
			text = fmt.Sprintf("%sunknown key %q", m[1], m[2])
		} else if m := wrongType.FindStringSubmatch(text); m != nil {
			text = fmt.Sprintf("%s%s is not %s", m[1], m[2], wanted(m[3]))
		}
		parts = append(parts, text)
	}
	return errors.New(strings.Join(parts, "; "))
}

func wanted(goType string) string {
	switch goType {
	case "time.Duration":
		return "a duration such as 10s"
	case "bool":
		return "true or false"
	case "int":
		return "a whole number"
	case "[]string", "[]alert.Rule":
		return "a list"
	case "alert.Severity", "alert.Fold", "config.Role":
		return "a text"
	}
	if pkg, _, found := strings.Cut(goType, "."); found && slices.Contains([]string{"config", "alert", "action"}, pkg) {
		return "a group of keys"
	}
	return "a text"
}
