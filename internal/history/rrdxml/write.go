package rrdxml

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"dropwatch/internal/history/ring"
)

// Write writes what a file remembers of some values, of all if none are named:
// each is a data source, each archive one or two of the database. Use
// `rrdtool restore FILE.xml FILE.rrd` on it. What is in no row yet is not
// written. It fails with what w fails with, and for a value that the file does
// not have with an error that wraps ring.ErrNoValue.
func Write(w io.Writer, v *ring.View, keys ...string) error {
	if len(keys) == 0 {
		for _, k := range v.Keys() {
			keys = append(keys, k.Key)
		}
	}
	if len(keys) == 0 || v.Last().IsZero() {
		return fmt.Errorf("write XML for rrdtool: nothing was written to the file yet: %w", ring.ErrNoValue)
	}
	d := &document{Writer: bufio.NewWriter(w), view: v, config: v.Config(), keys: keys}
	d.head()
	for i := range d.config.Archives {
		if err := d.archive(i); err != nil {
			return fmt.Errorf("write XML for rrdtool: %w", err)
		}
	}
	d.print("</rrd>\n")
	if err := d.Flush(); err != nil {
		return fmt.Errorf("write XML for rrdtool: %w", err)
	}
	return nil
}

// document keeps the first error of the writer.
type document struct {
	*bufio.Writer
	view   *ring.View
	config ring.Config
	keys   []string
}

func (d *document) print(format string, args ...any) { fmt.Fprintf(d, format, args...) }

// seconds of a duration.
func seconds(t time.Duration) int64 { return int64(t / time.Second) }

func (d *document) head() {
	id, host := d.view.Host()
	d.print("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n")
	d.print("<!DOCTYPE rrd SYSTEM \"https://oss.oetiker.ch/rrdtool/rrdtool.dtd\">\n")
	d.print("<!-- dropwatch: %s %s -->\n", comment(host), comment(id))
	d.print("<rrd>\n<version>0003</version>\n<step>%d</step>\n<lastupdate>%d</lastupdate>\n",
		seconds(d.config.Archives[0].Step), d.view.Last().Unix())
	// What is in no row yet counts as unknown.
	unknown := d.view.Last().Unix() % seconds(d.config.Archives[0].Step)
	for i, name := range names(d.keys) {
		d.print("<ds><!-- %s -->\n<name> %s </name>\n<type> GAUGE </type>\n", comment(d.keys[i]), name)
		d.print("<minimal_heartbeat>%d</minimal_heartbeat>\n<min>NaN</min>\n<max>NaN</max>\n", seconds(d.config.Heartbeat))
		d.print("<last_ds>U</last_ds>\n<value>0</value>\n<unknown_sec> %d </unknown_sec>\n</ds>\n", unknown)
	}
}

// comment makes text fit for one, which must not have two dashes.
func comment(s string) string { return strings.ReplaceAll(s, "--", "-\u2010") }

func (d *document) archive(i int) error {
	a := d.config.Archives[i]
	series := make([]*ring.Series, len(d.keys))
	for j, key := range d.keys {
		var err error
		if series[j], err = d.view.Rows(key, i); err != nil {
			return err
		}
	}
	d.database(a, i, "AVERAGE", series, func(s *ring.Series) []float64 { return s.Average })
	if a.Max {
		d.database(a, i, "MAX", series, func(s *ring.Series) []float64 { return s.Max })
	}
	return nil
}

func (d *document) database(a ring.Archive, archive int, function string, series []*ring.Series, of func(*ring.Series) []float64) {
	perRow := a.Step / d.config.Archives[0].Step
	d.print("<rra>\n<cf>%s</cf>\n<pdp_per_row>%d</pdp_per_row> <!-- %v -->\n<params><xff>0.5</xff></params>\n<cdp_prep>\n", function, perRow, a.Step)
	// Steps of the current row are unknown.
	unknown := d.view.Last().Unix() % seconds(a.Step) / seconds(d.config.Archives[0].Step)
	for range series {
		d.print("<ds><primary_value>NaN</primary_value><secondary_value>NaN</secondary_value><value>NaN</value><unknown_datapoints>%d</unknown_datapoints></ds>\n", unknown)
	}
	d.print("</cdp_prep>\n<database>\n")
	end := d.view.Last().Unix() / seconds(a.Step) * seconds(a.Step)
	for i := range a.Rows {
		d.print("<!-- %d --> <row>", end-int64(a.Rows-1-i)*seconds(a.Step))
		for _, s := range series {
			// A young file has fewer rows since 1970 than the archive.
			v, list := math.NaN(), of(s)
			if n := len(list) - a.Rows + i; n >= 0 {
				v = list[n]
			}
			d.print("<v>%s</v>", number(v))
		}
		d.print("</row>\n")
	}
	d.print("</database>\n</rra>\n")
}

// number keeps all digits.
func number(v float64) string {
	if math.IsInf(v, 0) { // only in a damaged file
		v = math.NaN()
	}
	return strconv.FormatFloat(v, 'e', -1, 64)
}
