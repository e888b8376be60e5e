package rtstat

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// seeds are the captured messages whose name begins so.
func seeds(f *testing.F, what string) {
	f.Helper()
	for _, name := range captures(f) {
		if !strings.HasPrefix(filepath.Base(name), what) {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// sound checks numbers that came out of so many bytes: each has a name, a width
// and a value that fits, and there are not more than the bytes can hold.
func sound(t *testing.T, list []Named, bytes int) {
	t.Helper()
	if 4*len(list) > bytes+16 {
		t.Fatalf("%d numbers of %d bytes", len(list), bytes)
	}
	for _, n := range list {
		if n.Name == "" || n.Bits != 8 && n.Bits != 16 && n.Bits != 32 && n.Bits != 64 {
			t.Fatalf("number %+v", n)
		}
		if !n.Signed && n.Bits < 64 && n.Value>>n.Bits != 0 || n.Signed && !n.Gauge {
			t.Fatalf("number %+v", n)
		}
	}
}

func FuzzQdisc(f *testing.F) {
	seeds(f, "qdisc-")
	seeds(f, "class-")
	f.Add(tcMessage("cake", app(cakeMessage())))
	f.Fuzz(func(t *testing.T, body []byte) {
		q, err := DecodeQdisc(body)
		if err != nil && (q.Stats != nil || q.XStats != nil || q.Kind != "") {
			t.Fatalf("an error and %+v", q)
		}
		sound(t, q.Stats, len(body))
		sound(t, q.XStats, len(body))
		if len(q.Settings)*4 > len(body)+16 || q.Object() == "" {
			t.Fatalf("%d settings of %d bytes", len(q.Settings), len(body))
		}
	})
}

func FuzzLink(f *testing.F) {
	seeds(f, "link-")
	f.Fuzz(func(t *testing.T, body []byte) {
		l, err := DecodeLink(body)
		if err != nil && (l.Index != 0 || l.Stats != nil) {
			t.Fatalf("an error and %+v", l)
		}
		sound(t, l.Stats, len(body))
	})
}

func FuzzExtended(f *testing.F) {
	seeds(f, "extended-")
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := DecodeExtended(body)
		if err != nil && e.Stats != nil {
			t.Fatalf("an error and %+v", e)
		}
		sound(t, e.Stats, len(body))
	})
}
