package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/export"
)

// dwdumpOptions are those of the C program dwdump.
type dwdumpOptions struct {
	file               string
	truncate, queue    uint32
	passive            bool
	buffer             int
	origins            dropmon.Origins
	query, stats, exit bool
}

func (o *dwdumpOptions) check() error {
	switch {
	case o.truncate > 0xffff:
		return usagef("--trunc %d: at most 65535 bytes", o.truncate)
	case o.queue == 0:
		return usagef("--limit 0: in a queue of no packets the kernel loses them all")
	case o.buffer < 0 || o.buffer > 1<<30:
		return usagef("--bufsize %d: from 0 to 1 GiB", o.buffer)
	}
	return nil
}

func (o *dwdumpOptions) run(ctx context.Context, out, diagnostics io.Writer) error {
	switch {
	case o.query, o.stats:
		return o.tell(out)
	case o.exit:
		return dropmon.StopMonitor()
	case o.file == "" && terminal(out):
		return usagef("standard output is a terminal; name a file with -w FILE")
	}
	recording, err := dropmon.RecordMonitor(dropmon.RecordConfig{
		Origins: o.origins, Truncate: o.truncate, Queue: o.queue, Passive: o.passive, ReceiveBuffer: o.buffer,
	})
	if errors.Is(err, dropmon.ErrMonitorTaken) {
		return fmt.Errorf("%w; listen to it with --passive, or switch it off with --exit", err)
	}
	if err != nil {
		return err
	}
	defer recording.Close()
	err = o.record(ctx, recording, out)
	return errors.Join(err, tellLosses(recording, diagnostics))
}

// tell prints the monitor's configuration or statistics in dwdump's words.
func (o *dwdumpOptions) tell(out io.Writer) error {
	m, err := dropmon.Monitor()
	if err != nil {
		return err
	}
	if o.query {
		mode := "summary"
		if m.Packets {
			mode = "packet"
		}
		fmt.Fprintf(out, "Alert mode: %s\nTruncation length: %d\nQueue length: %d\n", mode, m.Truncate, m.Queue)
	}
	if o.stats {
		fmt.Fprintf(out, "Software statistics:\nTail dropped: %d\nHardware statistics:\nTail dropped: %d\n", m.SoftwareLost, m.HardwareLost)
	}
	return nil
}

// record writes until Ctrl-C.
func (o *dwdumpOptions) record(ctx context.Context, r *dropmon.MonitorRecording, out io.Writer) error {
	if o.file == "" {
		return o.copyTo(ctx, r, out)
	}
	file, err := os.Create(o.file)
	if err != nil {
		return fmt.Errorf("make capture file: %w", err)
	}
	return errors.Join(o.copyTo(ctx, r, file), file.Close())
}

// flushInterval is how long a reader of a pipe waits for a packet at most.
const flushInterval = 200 * time.Millisecond

func (o *dwdumpOptions) copyTo(ctx context.Context, recording *dropmon.MonitorRecording, out io.Writer) error {
	buffered := bufio.NewWriterSize(out, 1<<18)
	// a message has the packet and some 300 bytes of attributes
	writer, err := export.NewNetlinkWriter(buffered, 0xffff+2048)
	if err != nil {
		return err
	}
	d := dump{recording: recording, writer: writer}
	d.write(time.Now(), recording.FamilyMessage())
	defer context.AfterFunc(ctx, recording.Wake)()
	for ctx.Err() == nil && d.failed == nil {
		if err := buffered.Flush(); err != nil {
			return fmt.Errorf("write capture: %w", err)
		}
		if err := recording.Receive(time.Now().Add(flushInterval), d.write); err != nil {
			return err
		}
	}
	if d.failed != nil {
		return d.failed
	}
	if err := recording.Stop(); err != nil {
		return err
	}
	if err := recording.Receive(time.Now(), d.write); err != nil {
		return err
	}
	return errors.Join(d.failed, buffered.Flush())
}

// A dump writes until that fails.
type dump struct {
	recording *dropmon.MonitorRecording
	writer    *export.NetlinkWriter
	failed    error
}

func (d *dump) write(when time.Time, message []byte) {
	if d.failed != nil {
		return
	}
	if d.failed = d.writer.Write(when, message); d.failed != nil {
		d.recording.Wake()
	}
}

// tellLosses says what is missing in the file.
func tellLosses(r *dropmon.MonitorRecording, w io.Writer) error {
	ours, kernel, err := r.Losses()
	if err != nil {
		return fmt.Errorf("count lost packets: %w", err)
	}
	if ours+kernel > 0 {
		fmt.Fprintf(w, "dropwatch: %d packets are missing: %d were read too late (a larger --bufsize may help), %d found no room in the kernel's queues (a larger --limit may help)\n", ours+kernel, ours, kernel)
	}
	return nil
}
