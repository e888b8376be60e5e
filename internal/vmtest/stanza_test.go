package vmtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const index = `Package: linux-image-cloud-amd64
Version: 7.2.13-1
Depends: linux-image-7.2.13-cloud-amd64 (= 7.2.13-1), other:any | third (>= 2), linux-base,
Description: Linux
 meta
	package

Package: second
Size: 5
`

func TestParseStanzas(t *testing.T) {
	got, err := parseStanzas(index)
	if err != nil {
		t.Fatal(err)
	}
	want := []stanza{
		{
			"Package": "linux-image-cloud-amd64", "Version": "7.2.13-1",
			"Depends":     "linux-image-7.2.13-cloud-amd64 (= 7.2.13-1), other:any | third (>= 2), linux-base,",
			"Description": "Linux\nmeta\npackage",
		},
		{"Package": "second", "Size": "5"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"linux-image-7.2.13-cloud-amd64", "other", "linux-base"}, got[0].depends()); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{" continued", "no colon\n", ": value\n", "A: 1\n\n continued\n"} {
		if got, err := parseStanzas(bad); err == nil {
			t.Errorf("%q gives %v", bad, got)
		}
	}
}

func FuzzParseStanzas(f *testing.F) {
	f.Add(index)
	f.Add("A: b\n c\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parseStanzas(text)
		if err != nil {
			return
		}
		for _, s := range all {
			if len(s) == 0 {
				t.Error("empty stanza")
			}
			for _, name := range s.depends() {
				if name == "" || strings.ContainsAny(name, ",|") {
					t.Errorf("depends on %q", name)
				}
			}
		}
	})
}
