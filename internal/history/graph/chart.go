package graph

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"time"

	"dropwatch/internal/history/ring"
	"dropwatch/internal/values"
)

// A Chart is what a picture is made of. Texts can be anything.
type Chart struct {
	Title string
	Unit  values.Unit
	// From and To are the ends of the time axis.
	From, To time.Time
	// Location is of the times that are written; time.Local by default.
	Location *time.Location
	// Width and Height are in pixels; 800 and 300 by default.
	Width, Height int
	Lines         []Line
}

// A Line is the past of one value.
type Line struct {
	Label  string
	Series *ring.Series
}

// MaxLines is how many lines can be told apart.
const MaxLines = 8

const maxPixels = 4096

// colours can be told apart by most people, and on paper.
func colour(line int) color.RGBA {
	return [MaxLines]color.RGBA{
		{0x1f, 0x66, 0xad, 255}, {0xd5, 0x6a, 0x0c, 255}, {0x23, 0x86, 0x4b, 255}, {0xb8, 0x2e, 0x3c, 255},
		{0x78, 0x4f, 0xa3, 255}, {0x12, 0x8c, 0x99, 255}, {0x7d, 0x5a, 0x3c, 255}, {0x5b, 0x63, 0x6e, 255},
	}[line]
}

func (c *Chart) check() error {
	switch {
	case len(c.Lines) > MaxLines:
		return fmt.Errorf("%d lines, at most %d can be told apart", len(c.Lines), MaxLines)
	case !c.From.Before(c.To):
		return errors.New("the time ends before it begins")
	case c.To.Sub(c.From) > 200*366*24*time.Hour:
		return errors.New("the time is longer than 200 years")
	case c.Width > maxPixels || c.Height > maxPixels:
		return fmt.Errorf("%d x %d pixels, at most %d x %d are drawn", c.Width, c.Height, maxPixels, maxPixels)
	case c.Width < 240 || c.Height < 120+legendRow*len(c.Lines):
		return fmt.Errorf("%d x %d pixels are too few: want at least 240 x %d", c.Width, c.Height, 120+legendRow*len(c.Lines))
	}
	return nil
}

func (c Chart) withDefaults() Chart {
	if c.Width == 0 {
		c.Width = 800
	}
	if c.Height == 0 {
		c.Height = 300
	}
	if c.Location == nil {
		c.Location = time.Local
	}
	return c
}

// figures are what the legend says of a line. What is not known is NaN.
type figures struct{ last, mean, highest, lowest float64 }

func (l *Line) figures() figures {
	f := figures{math.NaN(), math.NaN(), math.NaN(), math.NaN()}
	if l.Series == nil {
		return f
	}
	known := 0
	for i, v := range l.Series.Average {
		if !finite(v) {
			continue
		}
		if known++; known == 1 {
			f = figures{v, 0, v, v}
		}
		f.last = v
		f.mean += (v - f.mean) / float64(known)
		f.lowest, f.highest = min(f.lowest, v), max(f.highest, v)
		if most, ok := l.most(i); ok {
			f.highest = max(f.highest, most)
		}
	}
	return f
}

// most is the highest of a point, if it is known.
func (l *Line) most(i int) (float64, bool) {
	if i >= len(l.Series.Max) || !finite(l.Series.Max[i]) {
		return 0, false
	}
	return l.Series.Max[i], true
}

// finite also leaves out what sums and scales would overflow with.
func finite(v float64) bool { return math.Abs(v) < 1e300 }
