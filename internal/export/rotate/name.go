package rotate

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxName is PATH_MAX without the byte that ends a name.
const maxName = 4095

// name is that of a file. A number follows if there are several in a period; it
// is as wide as that of the last, if there is a last.
func (c Config) name(p place) (string, error) {
	name := c.Path
	if c.Every > 0 {
		var err error
		if name, err = format(c.Path, p.started); err != nil {
			return "", err
		}
	}
	if c.Size > 0 {
		width := 0
		if c.Count > 1 {
			width = len(strconv.Itoa(c.Count - 1))
		}
		if p.number > 0 || width > 0 {
			name += fmt.Sprintf("%0*d", width, p.number)
		}
	}
	if len(name) > maxName {
		return "", fmt.Errorf("the name %.40q... has %d bytes, more than %d", name, len(name), maxName)
	}
	return name, nil
}

// format does what strftime(3) does in the C locale. A conversion that it does
// not know is an error.
func format(text string, t time.Time) (string, error) {
	var b strings.Builder
	for {
		plain, rest, found := strings.Cut(text, "%")
		b.WriteString(plain)
		if !found {
			return b.String(), nil
		}
		if rest == "" {
			return "", fmt.Errorf("the name ends in %%: write %%%% for that character")
		}
		value, known := convert(rest[0], t)
		if !known {
			return "", fmt.Errorf("the name has %%%.1s, which is no conversion of times: write %%%% for the character %%", rest)
		}
		b.WriteString(value)
		if b.Len() > maxName {
			return "", fmt.Errorf("the name has more than %d bytes", maxName)
		}
		text = rest[1:]
	}
}

// convert gives what a % and a letter stand for.
func convert(letter byte, t time.Time) (value string, known bool) {
	if layout, is := layouts[letter]; is {
		return t.Format(layout), true
	}
	isoYear, isoWeek := t.ISOWeek()
	sunday := int(t.Weekday())
	monday := (sunday + 6) % 7 // days since then
	switch letter {
	case 'C':
		return two(t.Year() / 100), true
	case 'G':
		return strconv.Itoa(isoYear), true
	case 'g':
		return two(isoYear % 100), true
	case 'k':
		return fmt.Sprintf("%2d", t.Hour()), true
	case 'l':
		return fmt.Sprintf("%2d", (t.Hour()+11)%12+1), true
	case 'n':
		return "\n", true
	case 's':
		return strconv.FormatInt(t.Unix(), 10), true
	case 't':
		return "\t", true
	case 'U':
		return two((t.YearDay() + 6 - sunday) / 7), true
	case 'u':
		return strconv.Itoa(monday + 1), true
	case 'V':
		return two(isoWeek), true
	case 'W':
		return two((t.YearDay() + 6 - monday) / 7), true
	case 'w':
		return strconv.Itoa(sunday), true
	case '%':
		return "%", true
	}
	return "", false
}

func two(n int) string { return fmt.Sprintf("%02d", n) }

// layouts are what package time can do by itself.
var layouts = map[byte]string{
	'A': "Monday",
	'a': "Mon",
	'B': "January",
	'b': "Jan",
	'h': "Jan",
	'c': "Mon Jan _2 15:04:05 2006",
	'D': "01/02/06",
	'x': "01/02/06",
	'd': "02",
	'e': "_2",
	'F': "2006-01-02",
	'H': "15",
	'I': "03",
	'j': "002",
	'M': "04",
	'm': "01",
	'P': "pm",
	'p': "PM",
	'R': "15:04",
	'r': "03:04:05 PM",
	'S': "05",
	'T': "15:04:05",
	'X': "15:04:05",
	'Y': "2006",
	'y': "06",
	'Z': "MST",
	'z': "-0700",
}
