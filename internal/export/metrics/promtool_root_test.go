package metrics

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// promtool runs Prometheus's own checker, which Debian has in the package
// prometheus.
func promtool(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("DROPWATCH_CI") == "1" {
			t.Fatalf("no promtool: apt-get install prometheus: %v", err)
		}
		t.Skip("no promtool")
	}
	command := exec.CommandContext(t.Context(), path, args...)
	command.Stdin = strings.NewReader(stdin)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("promtool %q: %v\n%s", args, err, output)
	}
	return string(output)
}

// TestRootPromtool holds that Prometheus's own checker has nothing to say
// against our metrics, and can read the queries of the dashboard.
func TestRootPromtool(t *testing.T) {
	for _, config := range []Config{{Version: "v1.2.3"}, {PerInterface: true, PerNetNS: true, PerLocation: true, MaxSeries: 3}} {
		m := New(config)
		m.Observe(firstInterval())
		m.Observe(secondInterval())
		if output := promtool(t, scrape(t, m, "text/plain"), "check", "metrics"); output != "" {
			t.Errorf("promtool says: %s", output)
		}
	}
	type rule struct {
		Record string `json:"record"`
		Expr   string `json:"expr"`
	}
	var rules []rule
	variables := strings.NewReplacer("$__rate_interval", "1m", "$__range", "1h", "$instance", ".*")
	for _, p := range readBoard(t).Panels {
		for _, target := range p.Targets {
			rules = append(rules, rule{fmt.Sprintf("panel:%d_%s", p.ID, target.RefID), variables.Replace(target.Expr)})
		}
	}
	// JSON is YAML too.
	text, err := json.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if output := promtool(t, "", "check", "rules", path); !strings.Contains(output, fmt.Sprintf("SUCCESS: %d rules found", len(rules))) {
		t.Errorf("promtool says: %s", output)
	}
}
