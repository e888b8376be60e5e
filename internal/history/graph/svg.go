package graph

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"io"
	"strconv"
)

// SVG writes the chart as a document of its own. It fails for a chart that
// cannot be drawn and with what w fails with.
func (c *Chart) SVG(w io.Writer) error {
	full := c.withDefaults()
	if err := full.check(); err != nil {
		return fmt.Errorf("draw graph: %w", err)
	}
	s := new(svg)
	fmt.Fprintf(s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="DejaVu Sans, Verdana, sans-serif" font-size="12">`+"\n", full.Width, full.Height)
	s.WriteString("<title>")
	s.escape(clip(full.Title, maxText))
	s.WriteString("</title>\n")
	plot(&full, s)
	s.WriteString("</svg>\n")
	_, err := w.Write(s.Bytes())
	return err
}

// svg is a canvas.
type svg struct{ bytes.Buffer }

func (s *svg) escape(text string) {
	xml.EscapeText(s, []byte(text)) // a buffer does not fail
}

// num writes a place to a tenth of a pixel.
func num(v float64) string {
	text := strconv.FormatFloat(v, 'f', 1, 64)
	if n := len(text); text[n-1] == '0' {
		text = text[:n-2]
	}
	return text
}

// paint is the attribute of a colour.
func paint(name string, c color.RGBA) string {
	text := fmt.Sprintf(`%s="#%02x%02x%02x"`, name, c.R, c.G, c.B)
	if c.A != 255 {
		text += fmt.Sprintf(` %s-opacity="%.2f"`, name, float64(c.A)/255)
	}
	return text
}

func (s *svg) fill(x, y, w, h float64, c color.RGBA) {
	fmt.Fprintf(s, `<rect x="%s" y="%s" width="%s" height="%s" %s/>`+"\n", num(x), num(y), num(w), num(h), paint("fill", c))
}

// steps writes the path of spans.
func (s *svg) steps(spans []span) {
	y := num(spans[0].y)
	fmt.Fprintf(s, "M%s %s", num(spans[0].x0), y)
	for i, p := range spans {
		if next := num(p.y); next != y {
			s.WriteString("V" + next)
			y = next
		}
		if i == len(spans)-1 || num(spans[i+1].y) != y {
			s.WriteString("H" + num(p.x1))
		}
	}
}

func (s *svg) area(spans []span, base float64, c color.RGBA) {
	s.WriteString(`<path d="`)
	s.steps(spans)
	fmt.Fprintf(s, `V%sH%sZ" %s/>`+"\n", num(base), num(spans[0].x0), paint("fill", c))
}

func (s *svg) stroke(spans []span, c color.RGBA) {
	s.WriteString(`<path d="`)
	s.steps(spans)
	fmt.Fprintf(s, `" fill="none" stroke-width="1.5" stroke-linejoin="round" %s/>`+"\n", paint("stroke", c))
}

func (s *svg) text(x, y float64, a anchor, bold bool, c color.RGBA, text string) {
	fmt.Fprintf(s, `<text x="%s" y="%s" %s`, num(x), num(y), paint("fill", c))
	if a != left {
		fmt.Fprintf(s, ` text-anchor="%s"`, [...]string{middle: "middle", right: "end"}[a])
	}
	if bold {
		s.WriteString(` font-weight="bold"`)
	}
	s.WriteString(">")
	s.escape(text)
	s.WriteString("</text>\n")
}
