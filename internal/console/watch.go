package console

import (
	"bufio"
	"fmt"
	"sync"
	"time"

	"dropwatch/internal/report"
	"dropwatch/internal/session"
	"dropwatch/shell"
)

// A watch prints drops in the background until it is stopped or has printed as
// many as the alert limit allows.
type watch struct {
	settings settings
	out      *shell.Session
	classic  classicPackets
	packets  *bufio.Writer // to out; written to by who holds mu
	printed  uint64
	full     bool // the alert limit is reached

	// gate is held by who waits for mu, so that commands are not kept waiting
	// by a loop that takes mu again at once.
	gate    sync.Mutex
	mu      sync.Mutex // guards session
	session *session.Session

	quit chan struct{} // closed to end
	once sync.Once
	done chan struct{} // closed at the end
	err  error         // valid when done is closed
}

// packetRoom is how much text of packets is collected at most: they are written
// out together when all that there were are printed.
const packetRoom = 32 << 10

func newWatch(settings settings, out *shell.Session) *watch {
	return &watch{
		settings: settings, out: out, packets: bufio.NewWriterSize(out, packetRoom),
		quit: make(chan struct{}), done: make(chan struct{}),
	}
}

// begin prints what the session receives, whose Config.Idle must be flush.
func (w *watch) begin(s *session.Session) {
	w.session = s
	go func() {
		defer close(w.done)
		w.err = w.run()
		if w.err != nil {
			fmt.Fprintf(w.out.Err, "monitoring ended: %v\n", w.err)
		}
	}()
}

// flush writes the packets that were collected. An error comes again at the
// next packet.
func (w *watch) flush() { _ = w.packets.Flush() }

func (w *watch) run() error {
	for !w.full && !w.quitting() {
		deadline := time.Now().Add(w.settings.interval)
		for time.Now().Before(deadline) && !w.quitting() && !w.full {
			if err := w.receive(deadline); err != nil {
				return err
			}
		}
		if err := w.lines(); err != nil {
			return err
		}
	}
	w.mu.Lock()
	err := w.session.Stop(w.packet)
	w.flush()
	w.mu.Unlock()
	if err != nil || w.full {
		if w.full {
			w.out.Print("Alert limit reached, deactivating!\nDeactivation requested, turning off monitoring\n")
		}
		return err
	}
	return w.lines()
}

func (w *watch) receive(deadline time.Time) error {
	w.gate.Lock()
	w.mu.Lock()
	w.gate.Unlock()
	defer w.mu.Unlock()
	err := w.session.Receive(deadline, w.packet)
	w.flush()
	return err
}

func (w *watch) quitting() bool {
	select {
	case <-w.quit:
		return true
	default:
		return false
	}
}

func (w *watch) ended() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// stop ends the watch and waits until its last lines are printed.
func (w *watch) stop() error {
	w.once.Do(func() { close(w.quit) })
	w.session.Wake()
	<-w.done
	return w.err
}

// more tells whether another line may be printed, and counts it.
func (w *watch) more() bool {
	if w.full {
		return false
	}
	w.printed++
	w.full = w.settings.limit > 0 && w.printed >= w.settings.limit
	return true
}

func (w *watch) packet(e *session.Entry) {
	if !w.more() {
		return
	}
	p := w.session.Packet(e)
	var err error
	switch w.settings.format {
	case formatJSON:
		err = p.WriteLine(w.packets)
	case formatText:
		err = report.Text{}.Packet(w.packets, &p)
	default:
		err = w.classic.write(w.packets, &p, e.LinkLength)
	}
	if err != nil || w.full {
		w.session.Wake()
	}
}

// lines prints what the last interval brought.
func (w *watch) lines() error {
	w.mu.Lock()
	r, err := w.session.Interval()
	w.mu.Unlock()
	if err != nil {
		return err
	}
	if w.settings.packets {
		if r.Missed.Any() {
			w.out.Printf("missed: %s\n", r.Missed)
		}
		return nil
	}
	for i := range r.Drops {
		if !w.more() {
			r.Top(i)
			if i == 0 {
				r.Drops = nil
			}
			break
		}
	}
	switch w.settings.format {
	case formatJSON:
		if len(r.Drops) > 0 || r.Missed.Any() {
			return r.WriteLine(w.out)
		}
		return nil
	case formatText:
		r.More = nil
		return report.Text{}.Lines(w.out, r)
	}
	return writeClassicLines(w.out, r)
}

// with runs f while nothing else uses the session, which is up to date then.
func (w *watch) with(f func(*session.Session) error) error {
	w.gate.Lock()
	defer w.gate.Unlock()
	w.session.Wake()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended() {
		if err := w.session.Receive(time.Now(), w.packet); err != nil {
			return err
		}
	}
	return f(w.session)
}
