package tracefs

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func layoutOf(t testing.TB) pageFormat {
	t.Helper()
	f, err := parsePageFormat(fixture(t, "6.18", "header_page"), fixture(t, "6.18", "header_event"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestPageFormat(t *testing.T) {
	want := pageFormat{
		stamp: field{0, 8}, commit: field{8, 8}, data: field{16, 4080},
		entryTypes: entryTypes{padding: 29, extend: 30, absolute: 31, longest: 28},
	}
	if diff := cmp.Diff(want, layoutOf(t), cmp.AllowUnexported(pageFormat{}, field{}, entryTypes{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPageFormatRefused(t *testing.T) {
	page, event := fixture(t, "6.18", "header_page"), fixture(t, "6.18", "header_event")
	for name, change := range map[string][2]string{
		"no time":          {"timestamp", "time"},
		"no commit":        {"commit", "length"},
		"no data":          {"data;", "rest;"},
		"empty data":       {"size:4080", "size:0"},
		"too large":        {"size:4080", "size:1048570"},
		"data in header":   {"offset:16", "offset:12"},
		"other bits":       {"27 bits", "26 bits"},
		"no bits":          {"type_len    :    5 bits", ""},
		"no number":        {"type == 29", "type == padding"},
		"type twice":       {"type == 30", "type == 31"},
		"type is a length": {"type == 29", "type == 28"},
	} {
		p, e := strings.Replace(page, change[0], change[1], 1), strings.Replace(event, change[0], change[1], 1)
		if p+e == page+event {
			t.Fatalf("%s changes nothing", name)
		}
		if f, err := parsePageFormat(p, e); err == nil {
			t.Errorf("%s: got %+v, want an error", name, f)
		}
	}
}

// seen is a record as the kernel prints it: to the microsecond, and of the
// location the lower half as a signed number.
type seen struct {
	micro            uint64
	location         int32
	protocol, reason uint32
}

var printed = regexp.MustCompile(`(\d+)\.(\d{6}): kfree_skb: .* location=\S+ \((-?\d+)\) .* protocol=\S+ \((\d+)\) reason=\S+ \((\d+)\)`)

// TestCapturedPage compares a page of a real kernel with what that kernel
// printed of it.
func TestCapturedPage(t *testing.T) {
	var want, got []seen
	for line := range strings.Lines(fixture(t, "6.18", "text")) {
		m := printed.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("cannot read %q", line)
		}
		var n [5]int64
		for i := range n {
			var err error
			if n[i], err = strconv.ParseInt(m[i+1], 10, 64); err != nil {
				t.Fatal(err)
			}
		}
		want = append(want, seen{uint64(n[0]*1e6 + n[1]), int32(n[2]), uint32(n[3]), uint32(n[4])})
	}
	layout, format := layoutOf(t), formatOf(t, "6.18")
	err := layout.decode([]byte(fixture(t, "6.18", "page")), func(stamp uint64, record []byte) error {
		var e Event
		ours, err := format.decode(record, &e)
		if !ours {
			t.Error("a record of another tracepoint")
		}
		got = append(got, seen{(stamp + 500) / 1000, int32(e.Location), uint32(e.Protocol), e.Reason})
		if e.Location>>32 != 0xffffffff {
			t.Errorf("location %#x is not in the kernel", e.Location)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(seen{})); diff != "" || len(got) != 6 {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// words makes bytes of 32-bit words.
func words(list ...uint32) []byte {
	var b []byte
	for _, w := range list {
		b = binary.NativeEndian.AppendUint32(b, w)
	}
	return b
}

// head is the first word of an entry.
func head(kind, delta uint32) uint32 {
	if k, _ := split(1); k == 1 { // little endian
		return delta<<typeBits | kind
	}
	return kind<<deltaBits | delta
}

// pageOf makes a page, full-sized as the kernel's are.
func pageOf(f *pageFormat, stamp, flags uint64, data []byte) []byte {
	page := make([]byte, f.size())
	put(page, f.stamp, stamp)
	put(page, f.commit, uint64(len(data))|flags)
	copy(page[f.data.offset:], data)
	return page
}

func TestPage(t *testing.T) {
	const high = 1 << 60 // above the bits of an absolute time
	layout := layoutOf(t)
	for name, test := range map[string]struct {
		stamp, flags uint64
		data         []byte
		want         string
	}{
		"empty":           {want: ""},
		"short":           {stamp: 100, data: words(head(1, 5), 7, head(2, 6), 8, 9), want: "105:[7] 111:[8 9]"},
		"longest":         {data: words(append([]uint32{head(28, 1)}, make([]uint32, 28)...)...), want: "1:" + strings.ReplaceAll(fmt.Sprint(make([]uint32, 28)), ",", "")},
		"long":            {stamp: 1, data: words(head(0, 2), 12, 7, 8, head(1, 1), 9), want: "3:[7 8] 4:[9]"},
		"long, odd":       {data: words(head(0, 2), 9, 7, 8, head(1, 1), 9), want: "2:[7 8] 3:[9]"},
		"long and empty":  {data: words(head(0, 2), 4, head(1, 1), 9), want: "2:[] 3:[9]"},
		"extend":          {stamp: 1, data: words(head(30, 3), 2, head(1, 4), 9), want: fmt.Sprintf("%d:[9]", 1+3+2<<27+4)},
		"absolute":        {stamp: 1, data: words(head(31, 3), 2, head(1, 4), 9), want: fmt.Sprintf("%d:[9]", 3+2<<27+4)},
		"absolute, high":  {stamp: high, data: words(head(31, 3), 2, head(1, 4), 9), want: fmt.Sprintf("%d:[9]", uint64(high+3+2<<27+4))},
		"absolute, wraps": {stamp: high - 1, data: words(head(31, 3), 0, head(1, 4), 9), want: fmt.Sprintf("%d:[9]", uint64(high+3+4))},
		"taken back":      {stamp: 1, data: words(head(29, 1), 8, 0, head(1, 4), 9), want: "6:[9]"},
		"rest is padding": {stamp: 1, data: words(head(1, 4), 9, head(29, 0), 7, 7, 7), want: "5:[9]"},
		"missed":          {flags: 1 << 31, data: words(head(1, 1), 9), want: "1:[9]"},
		"missed, number":  {flags: 1<<31 | 1<<30, data: words(head(1, 1), 9), want: "1:[9]"},
	} {
		var got []string
		err := layout.decode(pageOf(&layout, test.stamp, test.flags, test.data), func(stamp uint64, record []byte) error {
			list := make([]uint32, len(record)/4)
			for i := range list {
				list[i] = binary.NativeEndian.Uint32(record[4*i:])
			}
			got = append(got, fmt.Sprintf("%d:%v", stamp, list))
			return nil
		})
		if text := strings.Join(got, " "); err != nil || text != test.want {
			t.Errorf("%s: got %q, %v, want %q", name, text, err, test.want)
		}
	}
}

func TestDamagedPage(t *testing.T) {
	layout := layoutOf(t)
	full := pageOf(&layout, 1, 0, words(head(1, 1), 9))
	put(full, layout.commit, uint64(layout.data.size)+1)
	pages := map[string][]byte{"none": nil, "no room for a header": full[:15], "more used than there is": full, "cut": full[:20]}
	for name, data := range map[string][]byte{
		"half a word":         {1, 2},
		"record cut":          words(head(2, 1), 9),
		"length missing":      words(head(0, 1)),
		"length too small":    words(head(0, 1), 3),
		"length too large":    words(head(0, 1), 13, 7),
		"length huge":         words(head(0, 1), 0xffffffff, 7),
		"taken back, cut":     words(head(29, 1), 12, 0),
		"time cut":            words(head(30, 1)),
		"absolute, cut":       words(head(31, 1)),
		"rounded beyond":      words(head(0, 1), 7)[:7],
		"padding too small":   words(head(29, 1), 0),
		"after a good record": words(head(1, 1), 9, head(3, 1)),
	} {
		pages[name] = pageOf(&layout, 1, 0, data)
	}
	for name, page := range pages {
		if err := layout.decode(page, func(uint64, []byte) error { return nil }); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzPage decodes any page: records lie inside the page one after the other,
// and what is left after the header is all that can be told.
func FuzzPage(f *testing.F) {
	layout := layoutOf(f)
	f.Add([]byte(fixture(f, "6.18", "page")))
	f.Add(pageOf(&layout, 1, 0, words(head(0, 2), 12, 7, 8, head(29, 1), 8, 0, head(30, 3), 2, head(31, 3), 2, head(1, 1), 9)))
	format := formatOf(f, "6.18")
	f.Fuzz(func(t *testing.T, page []byte) {
		total := 0
		err := layout.decode(page, func(_ uint64, record []byte) error {
			total += 4 + len(record)
			var e Event
			if ours, err := format.decode(record, &e); ours && err != nil {
				t.Error(err)
			}
			return nil
		})
		if total > max(len(page)-layout.data.offset, 0) {
			t.Errorf("%d bytes of records in a page of %d: %v", total, len(page), err)
		}
	})
}

// FuzzPageFormat takes any description that is accepted and decodes by it.
func FuzzPageFormat(f *testing.F) {
	f.Add(fixture(f, "6.18", "header_page"), fixture(f, "6.18", "header_event"), []byte(fixture(f, "6.18", "page")))
	f.Fuzz(func(t *testing.T, page, event string, data []byte) {
		layout, err := parsePageFormat(page, event)
		if err != nil {
			return
		}
		if layout.size() > maxPage {
			t.Errorf("page of %d bytes", layout.size())
		}
		// an error is as good as records: it must only end
		_ = layout.decode(data, func(uint64, []byte) error { return nil })
	})
}

func BenchmarkPage(b *testing.B) {
	layout, format := layoutOf(b), formatOf(b, "6.18")
	record := recordOf(&format, Event{Location: 1, Protocol: 2, Reason: 3})
	entry := append(words(head(uint32(len(record)/4), 1)), record...)
	var data []byte
	for len(data)+len(entry) <= layout.data.size {
		data = append(data, entry...)
	}
	page, events := pageOf(&layout, 1, 0, data), 0
	var e Event
	b.ReportAllocs()
	for b.Loop() {
		_ = layout.decode(page, func(stamp uint64, record []byte) error {
			events++
			_, err := format.decode(record, &e)
			return err
		})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/drop")
}
