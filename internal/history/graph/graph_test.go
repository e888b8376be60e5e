package graph

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/history/ring"
	"dropwatch/internal/values"
)

var update = flag.Bool("update", false, "write golden files")

var begin = time.Date(2026, 3, 5, 7, 30, 0, 0, time.UTC)

// wave is a made up past: a curve with noise and a gap.
func wave(n int, step time.Duration, base, swing float64, phase int) *ring.Series {
	s := &ring.Series{Start: begin, Step: step}
	noise := uint32(phase + 1)
	for i := range n {
		noise = noise*1664525 + 1013904223
		r := float64(noise>>8) / (1 << 24)
		v := base + swing*(math.Sin(float64(i+phase)/float64(n)*9)+1)/2 + swing*r/8
		s.Average = append(s.Average, v)
		s.Max = append(s.Max, v+swing*r*r/3)
		if i > n*6/10 && i < n*7/10 {
			s.Average[i], s.Max[i] = math.NaN(), math.NaN()
		}
	}
	return s
}

func charts() map[string]*Chart {
	bytes := &Chart{Title: "interface.rx_bytes[eth0] of web1", Unit: values.BytesPerSecond, From: begin, To: begin.Add(6 * time.Hour), Location: time.UTC,
		Lines: []Line{{"interface.rx_bytes[eth0]", wave(720, 30*time.Second, 2e6, 4e7, 0)}}}
	several := &Chart{Title: "CPU of web1", Unit: values.Ratio, From: begin, To: begin.Add(7 * day), Location: time.UTC,
		Lines: []Line{{"cpu.busy", wave(672, 15*time.Minute, 0.3, 0.4, 0)}, {"cpu.softirq", wave(672, 15*time.Minute, 0.02, 0.2, 200)}, {"cpu.steal", &ring.Series{}}}}
	hostile := &Chart{Title: "</title><script>alert(1)</script>\x1b[31m\x00\xff" + strings.Repeat("long ", 400), From: begin, To: begin.Add(90 * time.Second), Location: time.UTC, Width: 400, Height: 200,
		Lines: []Line{{`"><&]]>'` + "\u202e\u4e16\u754c", &ring.Series{Start: begin, Step: 10 * time.Second, Average: []float64{math.Inf(1), -3, math.NaN(), 5, math.MaxFloat64, 7}}}}}
	return map[string]*Chart{"bytes": bytes, "several": several, "hostile": hostile, "empty": {Title: "nothing", Unit: values.PerSecond, From: begin, To: begin.AddDate(1, 0, 0), Location: time.UTC, Lines: []Line{{Label: "a"}}}}
}

func golden(t *testing.T, name string, got []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return want
}

func TestSVG(t *testing.T) {
	for name, c := range charts() {
		var b bytes.Buffer
		if err := c.SVG(&b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(golden(t, name+".svg", b.Bytes())), b.String()); diff != "" {
			t.Errorf("%s (go test -update writes it):\n%s", name, diff)
		}
		if b.Len() > 100<<10 {
			t.Errorf("%s has %d bytes", name, b.Len())
		}
		for d := xml.NewDecoder(&b); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e, ok := token.(xml.StartElement); ok && !strings.Contains(" svg title rect path text ", " "+e.Name.Local+" ") {
				t.Errorf("%s: element %s", name, e.Name.Local)
			}
		}
	}
}

// alike allows for what processors round differently.
func alike(a, b color.Color) bool {
	r, g, bl, _ := a.RGBA()
	r2, g2, bl2, _ := b.RGBA()
	const most = 0x1000
	return r-r2+most <= 2*most && g-g2+most <= 2*most && bl-bl2+most <= 2*most
}

// TestPNG compares pixels: how they are packed is the library's business.
func TestPNG(t *testing.T) {
	for name, c := range charts() {
		var b bytes.Buffer
		if err := c.PNG(&b); err != nil {
			t.Fatal(err)
		}
		want, err := png.Decode(bytes.NewReader(golden(t, name+".png", b.Bytes())))
		if err != nil {
			t.Fatal(err)
		}
		got, err := png.Decode(bytes.NewReader(b.Bytes()))
		if err != nil || got.Bounds() != want.Bounds() {
			t.Fatalf("%s: %v, %v and not %v", name, err, got.Bounds(), want.Bounds())
		}
		different := 0
		for y := range got.Bounds().Dy() {
			for x := range got.Bounds().Dx() {
				if !alike(got.At(x, y), want.At(x, y)) {
					different++
				}
			}
		}
		if different > 0 {
			t.Errorf("%s: %d pixels differ (go test -update writes it)", name, different)
		}
		if b.Len() > 40<<10 {
			t.Errorf("%s has %d bytes", name, b.Len())
		}
	}
}
