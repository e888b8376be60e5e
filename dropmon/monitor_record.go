package dropmon

import (
	"errors"
	"fmt"
	"time"

	"dropwatch/internal/netdm"
)

// A RecordConfig says what to record of the kernel's drop monitor.
type RecordConfig struct {
	// Origins are whose drops to record; 0 means all.
	Origins Origins
	// Truncate is how many bytes of each packet are kept; 0 means all.
	Truncate uint32
	// Queue is how many packets wait in the kernel on each CPU; 0 means 1000.
	Queue uint32
	// Passive only listens to what somebody else has switched on, in the mode
	// that it is in.
	Passive bool
	// ReceiveBuffer is the size in bytes of our own buffer; 0 means 32 MiB.
	ReceiveBuffer int
}

// A MonitorRecording delivers the messages of the kernel's drop monitor as they
// are. Its methods are for one goroutine at a time, but for Wake.
type MonitorRecording struct {
	client  *netdm.Client
	origins Origins
}

// RecordMonitor begins to record. Unless it shall only listen it switches the
// monitor on; if that is on already the error is ErrMonitorTaken. It
// needs CAP_SYS_ADMIN, CAP_NET_ADMIN unless it shall only listen, and Linux
// 5.4.
func RecordMonitor(config RecordConfig) (*MonitorRecording, error) {
	client, err := netdm.Dial(netdm.Config{ReceiveBuffer: config.ReceiveBuffer})
	if err != nil {
		return nil, err
	}
	r := &MonitorRecording{client: client, origins: config.Origins}
	if r.origins == 0 {
		r.origins = SoftwareDrops | HardwareDrops
	}
	if err := r.begin(config); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return r, nil
}

func (r *MonitorRecording) begin(config RecordConfig) error {
	if !r.client.Features().Configure {
		return fmt.Errorf("record single packets: %w: this kernel's drop monitor only counts (packets since Linux 5.4)", errors.ErrUnsupported)
	}
	if err := r.client.Subscribe(); err != nil || config.Passive {
		return err
	}
	queue := config.Queue
	if queue == 0 {
		queue = 1000
	}
	err := r.client.Begin(netdm.Wish{
		Settings: netdm.Settings{Mode: netdm.Packets, Truncate: config.Truncate, Queue: queue},
		Software: r.origins&SoftwareDrops != 0, Hardware: r.origins&HardwareDrops != 0,
	})
	if err == nil && r.client.Standing().Passive {
		return ErrMonitorTaken
	}
	return err
}

// ErrMonitorTaken says that the kernel's drop monitor is on for another
// program.
var ErrMonitorTaken = errors.New("the drop monitor is on for another program")

// FamilyMessage returns the netlink message that describes the monitor's
// family. A reader of the recorded messages needs it to know them by their
// number.
func (r *MonitorRecording) FamilyMessage() []byte { return r.client.FamilyMessage() }

// Receive waits for messages until the deadline or until Wake, and calls yield
// for each with the time of the drop; that of a summary is the time when it
// came. The message is valid only during the call. After Stop it delivers what
// is left, without regard to the deadline.
func (r *MonitorRecording) Receive(deadline time.Time, yield func(when time.Time, message []byte)) error {
	return r.client.Receive(deadline, func(a *netdm.Alert) {
		if r.origins&originsOf(a) == 0 {
			return
		}
		when := a.Packet.Time
		if a.Mode != netdm.Packets || when.IsZero() {
			when = time.Now()
		}
		yield(when, a.Message)
	})
}

func originsOf(a *netdm.Alert) Origins {
	switch {
	case a.Mode == netdm.Packets:
		return 1 << a.Packet.Origin
	case len(a.Traps) > 0:
		return HardwareDrops
	}
	return SoftwareDrops
}

// Wake ends a waiting Receive, or the next one, early. It may be called from
// any goroutine.
func (r *MonitorRecording) Wake() { r.client.Wake() }

// Losses returns how many messages are missing: those that we did not read fast
// enough, and those that the monitor had no room for.
func (r *MonitorRecording) Losses() (ours, kernel uint64, err error) { return r.client.Losses() }

// Stop ends the recording and puts the monitor back into the state that it was
// in. It waits some 100 ms for what the kernel still holds.
func (r *MonitorRecording) Stop() error {
	time.Sleep(100 * time.Millisecond)
	return errors.Join(r.client.Release(), r.client.Unsubscribe())
}

// Close stops and frees everything. It may be called twice.
func (r *MonitorRecording) Close() error { return r.client.Close() }
