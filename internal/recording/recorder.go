package recording

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/export/pcapng"
	"dropwatch/internal/export/rotate"
	"dropwatch/internal/report"
	"dropwatch/internal/session"
)

// A Config says what to record, and where to.
type Config struct {
	Files rotate.Config
	// All records benign drops too, which are only counted otherwise.
	All bool
	// Count is how many packets there are at most; 0 is no limit.
	Count uint64
	// Snap is how many bytes of each packet the session keeps at most.
	Snap uint32
	// Filter and PacketFilter are those of the session, if it has any.
	Filter       *dropmon.Filter
	PacketFilter *dropmon.PacketFilter
	// Application is what the files say they were made by.
	Application string
}

// A Recorder writes what a session receives into one file or several. Its
// methods are for the goroutine that calls Session.Receive.
//
// After an error it writes no more; End returns the error.
type Recorder struct {
	config  Config
	session *session.Session
	files   *rotate.Files
	file    *file
	head    head

	turns   bool   // files can end
	packets uint64 // given to the files
	written uint64 // in the files before this one
	total   counts
	full    bool // no more packets are wanted
	ended   bool
	err     error
}

// Begin opens the first file. The session must deliver single packets, benign
// ones too.
func Begin(s *session.Session, c Config) (*Recorder, error) {
	now := time.Now()
	files, err := rotate.Open(c.Files, now)
	if err != nil {
		return nil, err
	}
	r := &Recorder{config: c, session: s, files: files, turns: c.Files.Size > 0 || c.Files.Every > 0}
	r.head = head{
		Schema: Schema, ID: strconv.FormatInt(s.Started().UnixNano(), 36), Source: s.Source(),
		From: s.Started().UTC(), Tells: s.Tells().String(), Filter: c.Filter.String(), All: c.All, Snap: c.Snap,
	}
	if c.PacketFilter != nil {
		r.head.Packet = c.PacketFilter.Text
	}
	r.head.Host, r.head.Kernel = s.Host()
	if err := r.begin(); err != nil {
		return nil, errors.Join(err, files.Close())
	}
	return r, nil
}

// begin writes what a file begins with.
func (r *Recorder) begin() error {
	w, err := pcapng.NewWriter(r.files, pcapng.Section{
		Hardware: runtime.GOARCH, OS: "Linux " + r.head.Kernel, Application: r.config.Application,
		Comments: []string{fmt.Sprintf("packets that %s dropped, source %s", r.head.Host, r.head.Source)},
	})
	if err != nil {
		return err
	}
	r.head.File++
	if r.file, err = newFile(w, r.head, r.total); err != nil {
		return err
	}
	return w.Flush()
}

// Name is that of the open file, or "-".
func (r *Recorder) Name() string { return r.files.Name() }

// Done tells whether no more packets are wanted, or can be written.
func (r *Recorder) Done() bool { return r.full || r.err != nil }

// Take records a packet. It allocates nothing but for packets of a new kind.
func (r *Recorder) Take(e *session.Entry) {
	if r.Done() {
		return
	}
	if e.Class == dropmon.Benign && !r.config.All {
		r.total.Benign += e.Packets
		r.total.BenignBytes += e.Bytes
		return
	}
	if r.turns {
		if r.turn(e.Last); r.Done() {
			return
		}
	}
	if r.err = r.file.packet(r.session, e); r.err != nil {
		return
	}
	r.packets++
	r.full = r.config.Count > 0 && r.packets >= r.config.Count
}

// turn begins the next file if it is due.
func (r *Recorder) turn(now time.Time) {
	due, err := r.files.Turn(now, r.file.w.Size())
	switch {
	case errors.Is(err, rotate.ErrLast):
		r.full = true
	case err != nil:
		r.err = err
	case due:
		r.err = r.next(now)
	}
}

func (r *Recorder) next(now time.Time) error {
	if err := r.count(now); err != nil {
		return err
	}
	if err := r.file.end(r.total, true, nil); err != nil {
		return err
	}
	r.written += r.file.w.Packets()
	if err := r.files.Next(); err != nil {
		return err
	}
	r.head.From = now.UTC()
	return r.begin()
}

// count asks the session for what is no packet of a file.
func (r *Recorder) count(now time.Time) (err error) {
	r.total.At, r.total.Packets = now.UTC(), r.packets
	r.total.Fragments = r.session.Fragments()
	r.total.Missed, err = r.session.Missed()
	return err
}

// Flush writes what was collected. It is for the time when no packet is there.
func (r *Recorder) Flush() {
	if r.err == nil && !r.ended {
		r.err = r.file.w.Flush()
	}
}

// Tick is to be called about once a second: it ends files whose time is over
// although no packet comes, and notes what was missed, for the case that there
// will be no end.
func (r *Recorder) Tick(now time.Time) {
	if r.turns && !r.Done() {
		r.turn(now)
	}
	if r.err == nil {
		r.err = r.count(now)
	}
	if r.err == nil {
		r.err = r.file.counts(r.total)
	}
	r.Flush()
}

// A Result is what became of a recording.
type Result struct {
	Packets uint64 // in the files
	Files   int    // that were written, one after another
	Name    string // of the last
	Missed  report.Missed
}

// Lost is how many packets were missed that have a number.
func (r *Result) Lost() uint64 { return r.Missed.Events + r.Missed.Packets + r.Missed.Limited }

// End completes the last file, after Session.Stop. The result is good even if
// there is an error.
func (r *Recorder) End() (Result, error) {
	if !r.ended && r.err == nil {
		r.err = r.complete()
	}
	r.ended = true
	err := errors.Join(r.err, r.files.Close())
	return Result{
		Packets: r.written + r.file.w.Packets(), Files: r.head.File, Name: r.files.Name(), Missed: r.total.Missed,
	}, err
}

func (r *Recorder) complete() error {
	benign := r.session.ShowAll(r.config.All)
	defer r.session.ShowAll(benign)
	summary, err := r.session.Summary()
	if err != nil {
		return err
	}
	if err := r.count(summary.To); err != nil {
		return err
	}
	return r.file.end(r.total, false, summaryOf(summary))
}
