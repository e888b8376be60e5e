package graph

import (
	"image"
	"image/color"
)

// paletted makes a picture small: it has few colours anyway. Shades that lie
// over each other can make more than a palette holds, so they are made coarser
// until they fit.
func paletted(from *image.RGBA) *image.Paletted {
	for drop := 0; ; drop++ {
		if to := coarse(from, drop); to != nil {
			return to
		}
	}
}

// coarse leaves out so many low bits of each colour. White stays white. It
// returns nil if there are still too many colours, which cannot be if 6 are left out.
func coarse(from *image.RGBA, drop int) *image.Paletted {
	to := image.NewPaletted(from.Bounds(), nil)
	index := make(map[color.RGBA]uint8, 256)
	last, n := color.RGBA{}, uint8(0) // no colour of a picture
	for i := range to.Pix {
		p := from.Pix[4*i:]
		c := color.RGBA{reduce(p[0], drop), reduce(p[1], drop), reduce(p[2], drop), 255}
		if c != last {
			var ok bool
			if n, ok = index[c]; !ok {
				if len(index) == 256 {
					return nil
				}
				n = uint8(len(index))
				index[c] = n
				to.Palette = append(to.Palette, c)
			}
			last = c
		}
		to.Pix[i] = n
	}
	return to
}

// reduce rounds to a multiple of 1<<drop, or to 255.
func reduce(v uint8, drop int) uint8 {
	unit := 1 << drop
	return uint8(min((int(v)+unit/2)/unit*unit, 255))
}
