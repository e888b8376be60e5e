package config

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"

	"dropwatch/internal/alert/action"
)

// commented are the lines that are examples: no space is behind the mark.
var commented = regexp.MustCompile(`(?m)^( *)#([^ \n])`)

// defaults are those of root.
func defaults() Config {
	c := Default()
	c.State = State{Identity: systemIdentity, Peers: systemPeers}
	return c
}

func TestExampleIsTheDefault(t *testing.T) {
	if diff := cmp.Diff(defaults(), read(t, Example()), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// whole is the example with what is commented in place of what is empty.
func whole() string {
	empty := regexp.MustCompile(`(?m)^( *\w+:) (""|\[\])\n( *)#`)
	return commented.ReplaceAllString(empty.ReplaceAllString(Example(), "${3}#"), "$1$2")
}

// What has no default is shown with values that can be used.
func TestExampleWhole(t *testing.T) {
	c := read(t, strings.ReplaceAll(whole(), "enabled: false", "enabled: true"))
	if len(c.Alerts.Rules) != 1 || len(c.Alerts.Actions) != 5 || !c.Peers.Enabled || len(c.Peers.Join) != 2 {
		t.Errorf("%+v", c)
	}
}

// TestExampleHasAll: no key of the configuration is missing, and those with a
// default are there with it.
func TestExampleHasAll(t *testing.T) {
	for name, text := range map[string]string{"with examples": whole(), "as it is": Example()} {
		var tree map[string]any
		if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		list := keys(reflect.TypeFor[Config](), "")
		if len(list) < 40 {
			t.Fatalf("only %d keys: %q", len(list), list)
		}
		for _, key := range list {
			if name == "as it is" && strings.HasPrefix(key, "alerts.") {
				continue
			}
			if !contains(tree, strings.Split(key, ".")) {
				t.Errorf("%s: %s is missing", name, key)
			}
		}
	}
	for _, word := range action.Placeholders() {
		if !strings.Contains(Example(), word) {
			t.Errorf("%s is not explained", word)
		}
	}
}

// keys are the paths of all; * stands for any element of a list or map.
func keys(of reflect.Type, path string) []string {
	switch of.Kind() {
	case reflect.Slice, reflect.Map:
		if elem := of.Elem(); elem.Kind() == reflect.Struct {
			return append([]string{path}, keys(elem, path+".*")...)
		}
	case reflect.Struct:
		var list []string
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("yaml"), ",")
			list = append(list, keys(of.Field(i).Type, strings.TrimPrefix(path+"."+name, "."))...)
		}
		return list
	}
	return []string{path}
}

func contains(tree any, path []string) bool {
	if len(path) == 0 {
		return true
	}
	var below []any
	switch tree := tree.(type) {
	case map[string]any:
		if path[0] != "*" {
			value, ok := tree[path[0]]
			return ok && contains(value, path[1:])
		}
		for _, value := range tree {
			below = append(below, value)
		}
	case []any:
		below = tree
	}
	for _, value := range below {
		if path[0] == "*" && contains(value, path[1:]) {
			return true
		}
	}
	return false
}

// Each key has something said about it, next to it or to its group.
func TestExampleExplains(t *testing.T) {
	spoken := 0
	for line := range strings.Lines(Example()) {
		if len(line) > 81 {
			t.Errorf("longer than 80 columns: %s", line)
		}
		if strings.HasPrefix(strings.TrimSpace(line), "# ") {
			spoken++
		}
	}
	if n := len(keys(reflect.TypeFor[Config](), "")); spoken < n {
		t.Errorf("%d lines of explanation for %d keys", spoken, n)
	}
}
