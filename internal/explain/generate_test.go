package explain

import (
	"encoding/json"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write data/base.json and the golden files")

// TestGenerated holds data/base.json, which the program carries, equal to the
// YAML files, which people edit.
func TestGenerated(t *testing.T) {
	f, err := readYAML(os.DirFS("data"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("data/base.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(embedded) != string(want) {
		t.Error("data/base.json is older than the YAML files: run go generate")
	}
}
