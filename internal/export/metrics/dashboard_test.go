package metrics

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// A board is the part of Grafana's model that must be right.
type board struct {
	Title      string  `json:"title"`
	UID        string  `json:"uid"`
	Panels     []panel `json:"panels"`
	Templating struct {
		List []struct {
			Name       string `json:"name"`
			Type       string `json:"type"`
			Definition string `json:"definition"`
		} `json:"list"`
	} `json:"templating"`
}

type panel struct {
	ID          int    `json:"id"`
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	GridPos     struct{ X, Y, W, H int }
	Targets     []struct {
		Expr  string `json:"expr"`
		RefID string `json:"refId"`
	} `json:"targets"`
}

func readBoard(t *testing.T) board {
	t.Helper()
	var b board
	if err := json.Unmarshal(Dashboard(), &b); err != nil {
		t.Fatal(err)
	}
	if len(b.Panels) < 10 || b.Title == "" || b.UID == "" {
		t.Fatalf("%d panels, title %q, uid %q", len(b.Panels), b.Title, b.UID)
	}
	return b
}

// exported are the names of our metrics and all labels that they can have.
func exported() (names, labels []string) {
	m := New(Config{PerInterface: true, PerNetNS: true, PerLocation: true})
	ch := make(chan *prometheus.Desc)
	go func() {
		defer close(ch)
		m.collector().Describe(ch)
	}()
	form := regexp.MustCompile(`fqName: "([a-z_]+)".*variableLabels: \{([a-z,]*)\}`)
	for desc := range ch {
		if found := form.FindStringSubmatch(desc.String()); found != nil {
			names = append(names, found[1])
			labels = append(labels, strings.Split(found[2], ",")...)
		}
	}
	return names, append(labels, "job", "instance") // the latter two are Prometheus's
}

func TestDashboardUsesWhatWeExport(t *testing.T) {
	names, labels := exported()
	if len(names) != 14 {
		t.Fatalf("%d metrics: %q", len(names), names)
	}
	metric := regexp.MustCompile(`\b[a-z]+_[a-z_]+\b`)
	selector := regexp.MustCompile(`\b(dropwatch_[a-z_]+)(\{[^}]*\})?`)
	grouping := regexp.MustCompile(`\b(?:by|on|group_left) \(([^)]*)\)`)
	legend := regexp.MustCompile(`([a-z]+)(?:=~|!=|=)"`)
	used := make(map[string]bool)
	for _, p := range readBoard(t).Panels {
		for _, target := range p.Targets {
			for _, name := range metric.FindAllString(target.Expr, -1) {
				used[name] = true
				if !slices.Contains(names, name) && name != "group_left" && name != "rate_interval" {
					t.Errorf("panel %q: %s is no metric of ours: %s", p.Title, name, target.Expr)
				}
			}
			for _, found := range selector.FindAllStringSubmatch(target.Expr, -1) {
				if !strings.Contains(found[2], `instance=~"$instance"`) {
					t.Errorf("panel %q: %s is not that of the chosen hosts", p.Title, found[1])
				}
				for _, label := range legend.FindAllStringSubmatch(found[2], -1) {
					if !slices.Contains(labels, label[1]) {
						t.Errorf("panel %q: no metric has a label %q", p.Title, label[1])
					}
				}
			}
			for _, found := range grouping.FindAllStringSubmatch(target.Expr, -1) {
				for label := range strings.SplitSeq(found[1], ", ") {
					if !slices.Contains(labels, label) {
						t.Errorf("panel %q: no metric has a label %q", p.Title, label)
					}
				}
			}
		}
	}
	for _, name := range names {
		if !used[name] {
			t.Errorf("no panel shows %s", name)
		}
	}
}

func TestDashboardIsWhole(t *testing.T) {
	b := readBoard(t)
	seen := make(map[int]string)
	taken := make(map[[2]int]string)
	for _, p := range b.Panels {
		if before, twice := seen[p.ID]; twice || p.ID < 1 {
			t.Errorf("panels %q and %q have the id %d", before, p.Title, p.ID)
		}
		seen[p.ID] = p.Title
		if p.Type == "row" {
			continue
		}
		if p.Title == "" || p.Description == "" || len(p.Targets) == 0 {
			t.Errorf("panel %d %q lacks a title, a description or a query", p.ID, p.Title)
		}
		refs := make(map[string]bool)
		for _, target := range p.Targets {
			if target.Expr == "" || refs[target.RefID] {
				t.Errorf("panel %q: query %q is empty or double", p.Title, target.RefID)
			}
			refs[target.RefID] = true
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if before := taken[[2]int{x, y}]; before != "" || x >= 24 {
					t.Fatalf("panels %q and %q lie on each other, or outside", before, p.Title)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
	var variables []string
	for _, v := range b.Templating.List {
		variables = append(variables, v.Name+" "+v.Type)
	}
	if !slices.Equal(variables, []string{"datasource datasource", "instance query"}) {
		t.Errorf("variables %q", variables)
	}
}

// What a caller does to the dashboard stays with it.
func TestDashboardIsACopy(t *testing.T) {
	clear(Dashboard())
	readBoard(t)
}
