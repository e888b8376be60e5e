package tracefs

import (
	"fmt"
)

// A pageFormat tells how the kernel lays out a page of its trace buffer.
type pageFormat struct {
	stamp  field // time of the page, ns
	commit field // bytes in use, and flags
	data   field

	entryTypes
}

// commitMask takes the length out of the commit field. The bits above it say
// that records before this page were lost, which the statistics of the buffer
// tell more exactly.
const commitMask = 1<<27 - 1

// maxPage is the largest page that is believed.
const maxPage = 1 << 20

// parsePageFormat reads events/header_page and events/header_event.
func parsePageFormat(page, event string) (pageFormat, error) {
	var f pageFormat
	fields, err := parseFields(page)
	if err != nil {
		return f, err
	}
	if f.stamp, err = number(fields, "timestamp"); err != nil {
		return f, err
	}
	if f.commit, err = number(fields, "commit"); err != nil {
		return f, err
	}
	data, ok := fields["data"]
	if !ok || data.size == 0 || data.end() > maxPage || data.offset < max(f.stamp.end(), f.commit.end()) {
		return f, fmt.Errorf("page has no usable data: %+v", data)
	}
	f.data = data
	f.entryTypes, err = parseEntryTypes(event)
	return f, err
}

func (f *pageFormat) size() int { return f.data.end() }

// decode calls yield with the time (ns) and bytes of every record of a page,
// until yield returns an error.
func (f *pageFormat) decode(page []byte, yield func(stamp uint64, record []byte) error) error {
	if len(page) < f.data.offset {
		return fmt.Errorf("page of %d bytes: at least %d expected", len(page), f.data.offset)
	}
	used := f.commit.read(page) & commitMask
	data := page[f.data.offset:]
	if used > uint64(len(data)) {
		return fmt.Errorf("page uses %d bytes: it has %d", used, len(data))
	}
	data = data[:used]
	stamp := f.stamp.read(page)
	for len(data) > 0 {
		e, err := f.entry(data)
		if err != nil {
			return fmt.Errorf("entry %d bytes before the end of the page: %w", len(data), err)
		}
		data = data[e.size:]
		stamp = e.time(stamp)
		if e.record == nil {
			continue
		}
		if err := yield(stamp, e.record); err != nil {
			return err
		}
	}
	return nil
}
