package rtstat

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what comes out as what is expected")

// captures are messages of real kernels, from x86, whose byte order they have.
func captures(t testing.TB) []string {
	t.Helper()
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("captures are little-endian")
	}
	names, err := filepath.Glob("testdata/*/*.bin")
	if err != nil || len(names) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	return names
}

// What was captured was compared with the words of tc and ip at that time (see
// TestRootKinds), so that the files hold what these said.
func TestCaptured(t *testing.T) {
	for _, name := range captures(t) {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(name, "testdata/"), ".bin"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := decodeAs(filepath.Base(name), data)
			if err != nil {
				t.Fatal(err)
			}
			expected := strings.TrimSuffix(name, ".bin") + ".txt"
			if *update {
				if err := os.WriteFile(expected, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(expected)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// decodeAs decodes what the beginning of the name says.
func decodeAs(name string, data []byte) (string, error) {
	what, _, _ := strings.Cut(name, "-")
	switch what {
	case "link":
		l, err := DecodeLink(data)
		return l.text(), err
	case "extended":
		e, err := DecodeExtended(data)
		return texts(e.Stats), err
	case "class":
		c, err := DecodeClass(data)
		return c.Object() + "\n" + c.text(), err
	case "qdisc":
		q, err := DecodeQdisc(data)
		return q.text(), err
	}
	return "", fmt.Errorf("no decoder for %q", what)
}

func (l *Link) text() string {
	shown := *l
	shown.Stats = nil
	return strings.ReplaceAll(fmt.Sprintf("%+v", shown), " ", "\n") + "\n" + texts(l.Stats)
}

func texts(list []Named) string {
	var b strings.Builder
	for _, n := range list {
		b.WriteString(n.text())
	}
	return b.String()
}

// text is what golden files hold.
func (q *Qdisc) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "interface %d %s\n", q.Interface, q.Object())
	for _, n := range slices.Concat(q.Stats, q.XStats) {
		b.WriteString(n.text())
	}
	for _, s := range q.Settings {
		fmt.Fprintf(&b, "setting %s %d %s\n", s.Name, s.Value, s.Unit)
	}
	return b.String()
}

func (n Named) text() string {
	what := "counter"
	number := fmt.Sprint(n.Value)
	switch {
	case n.Signed:
		what, number = "signed gauge", fmt.Sprint(int64(n.Value))
	case n.Gauge:
		what = "gauge"
	}
	return fmt.Sprintf("%s %s %d bits %s\n", n.Name, number, n.Bits, what)
}
