package graph

import (
	"image/color"
	"math"
	"time"
)

// A span is a level part of a line.
type span struct{ x0, x1, y float64 }

type anchor int

const (
	left anchor = iota
	middle
	right
)

// A canvas is what is drawn on. Pixels count from the upper left corner.
type canvas interface {
	fill(x, y, w, h float64, c color.RGBA)
	// area is between spans, which follow each other, and a level.
	area(spans []span, base float64, c color.RGBA)
	stroke(spans []span, c color.RGBA)
	// text is on a base line.
	text(x, y float64, a anchor, bold bool, c color.RGBA, s string)
}

// Sizes in pixels.
const (
	charWidth  = 8
	legendRow  = 18
	titleSpace = 30
	labelSpace = 24 // of the time axis
	rightSpace = 18
)

var (
	ink   = color.RGBA{0x22, 0x26, 0x2b, 255}
	grey  = color.RGBA{0x6a, 0x70, 0x78, 255}
	grid  = color.RGBA{0xe6, 0xe8, 0xeb, 255}
	grid2 = color.RGBA{0xcf, 0xd3, 0xd8, 255}
	paper = color.RGBA{255, 255, 255, 255}
)

// A drawing is a chart with its places.
type drawing struct {
	*Chart
	on                    canvas
	axis                  axis
	x0, y0, width, height float64 // of the plot
	figures               []figures
}

// plot draws a chart that was checked.
func plot(c *Chart, on canvas) {
	d := &drawing{Chart: c, on: on}
	low, high := 0.0, 0.0
	for i := range c.Lines {
		f := c.Lines[i].figures()
		d.figures = append(d.figures, f)
		if finite(f.lowest) {
			low, high = min(low, f.lowest), max(high, f.highest)
		}
	}
	d.y0 = titleSpace
	d.height = float64(c.Height) - titleSpace - labelSpace - float64(legendRow*(len(c.Lines)+1)) - 8
	d.axis = axisFor(c.Unit, low, high, int(min(d.height/32, 6)))
	longest := 0
	d.axis.ticks(func(_ float64, label string) { longest = max(longest, runes(label)) })
	d.x0 = float64(max(longest*charWidth+20, 48))
	d.width = float64(c.Width) - d.x0 - rightSpace
	on.fill(0, 0, float64(c.Width), float64(c.Height), paper)
	d.numbers()
	d.times()
	for i := range c.Lines {
		d.line(i)
	}
	on.fill(d.x0, d.y(0), d.width, 1, grey)
	d.title()
	d.legend()
}

func (d *drawing) x(t time.Time) float64 {
	share := float64(t.Sub(d.From)) / float64(d.To.Sub(d.From))
	return d.x0 + d.width*min(max(share, 0), 1)
}

func (d *drawing) y(v float64) float64 {
	share := (v - d.axis.low) / (d.axis.high - d.axis.low)
	return d.y0 + d.height*(1-min(max(share, 0), 1))
}

func (d *drawing) numbers() {
	d.axis.ticks(func(v float64, label string) {
		y := math.Round(d.y(v))
		d.on.fill(d.x0, y, d.width, 1, grid)
		d.on.text(d.x0-8, y+5, right, false, grey, label)
	})
}

func (d *drawing) times() {
	for _, t := range timeTicks(d.From, d.To, d.Location, int(d.width/72)) {
		x := math.Round(d.x(t.at))
		c, text := grid, grey
		if t.bold {
			c, text = grid2, ink
		}
		d.on.fill(x, d.y0, 1, d.height+4, c)
		half := float64(runes(t.label)*charWidth) / 2
		if x-half >= 0 && x+half <= float64(d.Width) {
			d.on.text(x, d.y0+d.height+18, middle, t.bold, text, t.label)
		}
	}
}

// line draws the runs of what is known. Several lines have fainter shades.
func (d *drawing) line(i int) {
	l := &d.Lines[i]
	if l.Series == nil {
		return
	}
	s := l.Series.Merge(int(d.width))
	ink, alpha := colour(i), uint8(0x38)
	if len(d.Lines) > 1 {
		alpha = 0x18
	}
	shade := color.RGBA{ink.R, ink.G, ink.B, alpha}
	if s.Max != nil {
		d.runs(s.Start, s.Step, s.Max, func(run []span) { d.on.area(run, d.y(0), shade) })
	}
	d.runs(s.Start, s.Step, s.Average, func(run []span) {
		if len(d.Lines) == 1 {
			d.on.area(run, d.y(0), shade)
		}
		d.on.stroke(run, ink)
	})
}

// runs finds the known parts of a list that are within the plot.
func (d *drawing) runs(start time.Time, step time.Duration, list []float64, found func([]span)) {
	var run []span
	for i := 0; i <= len(list); i++ {
		from := start.Add(time.Duration(i) * step)
		to := from.Add(step)
		if i < len(list) && to.After(d.From) && from.Before(d.To) && finite(list[i]) {
			run = append(run, span{d.x(from), d.x(to), d.y(list[i])})
			continue
		}
		if len(run) > 0 {
			found(run)
			run = nil
		}
	}
}

func (d *drawing) title() {
	d.on.text(d.x0, 20, left, true, ink, clip(d.Title, int(d.width/charWidth)))
}

// legend is below the plot: what the lines are, and their figures.
func (d *drawing) legend() {
	const column = 13 * charWidth
	y := d.y0 + d.height + labelSpace + 16
	end := d.x0 + d.width
	room := d.width
	columns := []string{"last", "average", "highest"}
	if room < 480 { // only the last fits
		columns = columns[:1]
	}
	for j, name := range columns {
		d.on.text(end-float64(len(columns)-1-j)*column, y, right, false, grey, name)
	}
	d.on.text(d.x0, y, left, false, grey, clip(d.span(), int((room-float64(len(columns))*column)/charWidth)))
	for i, f := range d.figures {
		y += legendRow
		d.on.fill(d.x0, y-9, 10, 10, colour(i))
		d.on.text(d.x0+18, y, left, false, ink, clip(d.Lines[i].Label, int((room-18-float64(len(columns))*column)/charWidth)))
		for j, v := range []float64{f.last, f.mean, f.highest}[:len(columns)] {
			d.on.text(end-float64(len(columns)-1-j)*column, y, right, false, ink, format(d.Unit, v))
		}
	}
}

// span says what time the picture is of.
func (d *drawing) span() string {
	from, to := d.From.In(d.Location), d.To.In(d.Location)
	end := "2006-01-02 15:04"
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		end = "15:04"
	}
	return from.Format("2006-01-02 15:04") + " to " + to.Format(end+" MST")
}
