package graph

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/font/inconsolata"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// PNG writes the chart as a picture of few colours. Letters that are not Latin
// are drawn as question marks. It fails for a chart that cannot be drawn and with
// what w fails with.
func (c *Chart) PNG(w io.Writer) error {
	full := c.withDefaults()
	if err := full.check(); err != nil {
		return fmt.Errorf("draw graph: %w", err)
	}
	on := &raster{image.NewRGBA(image.Rect(0, 0, full.Width, full.Height))}
	plot(&full, on)
	var encoder png.Encoder
	return encoder.Encode(w, paletted(on.RGBA))
}

// raster is a canvas.
type raster struct{ *image.RGBA }

func (r *raster) fill(x, y, w, h float64, c color.RGBA) {
	px, py := int(math.Round(x)), int(math.Round(y))
	area := image.Rect(px, py, px+int(math.Round(w)), py+int(math.Round(h)))
	draw.Draw(r.RGBA, area, image.NewUniform(c), image.Point{}, draw.Src)
}

// shape draws what was added to a rasterizer of the box around it.
func (r *raster) shape(box image.Rectangle, c color.RGBA, add func(*vector.Rasterizer, func(x0, y0, x1, y1 float64))) {
	box = box.Intersect(r.Bounds())
	if box.Empty() {
		return
	}
	v := vector.NewRasterizer(box.Dx(), box.Dy())
	add(v, func(x0, y0, x1, y1 float64) {
		a, b := float32(x0-float64(box.Min.X)), float32(y0-float64(box.Min.Y))
		c, d := float32(x1-float64(box.Min.X)), float32(y1-float64(box.Min.Y))
		v.MoveTo(a, b)
		v.LineTo(c, b)
		v.LineTo(c, d)
		v.LineTo(a, d)
		v.ClosePath()
	})
	v.Draw(r.RGBA, box, image.NewUniform(color.NRGBA(c)), image.Point{})
}

// bounds is the box of spans down or up to a base, with room around it.
func bounds(spans []span, base float64) image.Rectangle {
	low, high := base, base
	for _, s := range spans {
		low, high = min(low, s.y), max(high, s.y)
	}
	return image.Rect(int(spans[0].x0)-2, int(low)-2, int(spans[len(spans)-1].x1)+3, int(high)+3)
}

func (r *raster) area(spans []span, base float64, c color.RGBA) {
	r.shape(bounds(spans, base), c, func(_ *vector.Rasterizer, rect func(x0, y0, x1, y1 float64)) {
		for _, s := range spans {
			rect(s.x0, min(s.y, base), s.x1, max(s.y, base))
		}
	})
}

// stroke draws level and upright bars that meet in corners.
func (r *raster) stroke(spans []span, c color.RGBA) {
	const half = 0.75
	r.shape(bounds(spans, spans[0].y), c, func(_ *vector.Rasterizer, rect func(x0, y0, x1, y1 float64)) {
		for i, s := range spans {
			rect(s.x0-half, s.y-half, s.x1+half, s.y+half)
			if i > 0 && spans[i-1].y != s.y {
				rect(s.x0-half, min(s.y, spans[i-1].y)-half, s.x0+half, max(s.y, spans[i-1].y)+half)
			}
		}
	})
}

func (r *raster) text(x, y float64, a anchor, bold bool, c color.RGBA, s string) {
	face := inconsolata.Regular8x16
	if bold {
		face = inconsolata.Bold8x16
	}
	switch width := float64(runes(s) * charWidth); a {
	case middle:
		x -= width / 2
	case right:
		x -= width
	}
	d := font.Drawer{Dst: r.RGBA, Src: image.NewUniform(c), Face: face, Dot: fixed.P(int(math.Round(x)), int(math.Round(y)))}
	d.DrawString(strings.Map(func(r rune) rune {
		if !slices.ContainsFunc(face.Ranges, func(has basicfont.Range) bool { return has.Low <= r && r < has.High }) {
			return '?' // the face would leave a hole
		}
		return r
	}, s))
}
