package dropmon

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// A Source delivers the drops of a host. All methods but Wake are for one
// goroutine at a time.
type Source interface {
	// Name is what the user calls the source: "ebpf", "netdm", "tracefs".
	Name() string

	// Tells is what the source can tell drops apart by.
	Tells() By

	// Notes are what the user should know of the source at hand; one line
	// each.
	Notes() []string

	// Receive waits until the deadline, or until Wake, and calls yield for
	// all that was dropped since the last call: packets and samples while
	// they arrive, groups at the end. The Drop is valid only during the
	// call of yield.
	Receive(deadline time.Time, yield func(*Drop)) error

	// Wake ends a waiting Receive, or the next one, early. It may be called
	// from any goroutine.
	Wake()

	// Stop ends the watching. What was seen until then can still be
	// received.
	Stop() error

	// Stats tells what the source could not deliver so far.
	Stats() (Stats, error)

	// Close stops and frees everything. It may be called twice.
	Close() error
}

// Stats is what a source did not deliver, since it was opened.
type Stats struct {
	// Unseen is the number of drops that happened and were counted nowhere
	// else: events that the kernel did not hand to us.
	Unseen uint64
	// PacketsLost is the number of single packets that were not delivered
	// because we read too slowly.
	PacketsLost uint64
	// PacketsLimited is the number of single packets held back by the rate
	// limit.
	PacketsLimited uint64
	// Unkeyed is the number of packets that are in no group because there
	// were too many groups. They come as drops without any attribute.
	Unkeyed uint64
	// Undecided is how many of Unseen are drops that the packet filter could
	// not decide about, because it would have had to see more of the packet.
	Undecided uint64
	// AtLeast is set when there were more drops than were counted, and nobody
	// knows how many.
	AtLeast bool
}

// Missed is the number of events that the user asked for and does not see.
func (s Stats) Missed() uint64 { return s.Unseen + s.PacketsLost + s.PacketsLimited }

// NoReason is the reason code of a kernel that gives no reasons (before 5.17).
const NoReason = 0xffffffff

// Detail says what tells groups of drops apart beside the plain attributes.
type Detail uint32

// Details. Each makes more groups, and counting dearer.
const (
	DetailFlow   Detail = 1 << iota // end points
	DetailSocket                    // socket inode, and with it the process
	DetailLength                    // length of the packet
)

// A Config says what a source watches. The zero value counts all drops.
type Config struct {
	// Source is one of Sources; empty or "auto" chooses.
	Source string
	// Origins are whose drops to watch; 0 means all that the source sees.
	Origins Origins
	// Takeover lets the source netdm stop a monitor that somebody else has
	// started, for example a program that crashed.
	Takeover bool
	// Coarse lets the source netdm count by location only, which costs the
	// host least and gives no reason.
	Coarse bool
	// Detail tells groups apart.
	Detail Detail
	// SampleInterval is the shortest time between two samples of a group; 0
	// means no samples.
	SampleInterval time.Duration
	// Packets delivers every packet instead of groups.
	Packets bool
	// Snap is the number of bytes of each packet to keep; 0 means 128.
	Snap uint32
	// Queue is the number of packets that wait in the kernel; 0 means 40000,
	// with source netdm 20000 on each CPU.
	Queue uint32
	// RateLimit is the most packets a second to deliver; 0 means no limit.
	RateLimit uint32
	// Restrict is decided in the kernel where the source can.
	Restrict Restriction
	// PacketFilter, if not nil, keeps only packets that match. Source ebpf runs
	// it in the kernel; netdm cannot when it counts by location only, and
	// tracefs never.
	PacketFilter *PacketFilter
	// Idle, if not nil, is called by Receive when all packets that were there
	// are delivered and it is about to wait: the time to write out what yield
	// has collected. It is never called at the same time as yield.
	Idle func()
}

// A Restriction keeps only drops with one of the values; an empty list keeps
// all. A source may let through more, so the user of the source decides again.
type Restriction struct {
	NetNS      []uint32
	Interfaces []string
	Reasons    []uint32
}

// Sources lists the names that Open knows.
func Sources() []string { return []string{"auto", "ebpf", "netdm", "tracefs", "ebpf+netdm"} }

// Open opens the source that the configuration names. From then on drops are
// counted.
func Open(config Config) (Source, error) {
	if err := config.PacketFilter.check(); err != nil {
		return nil, err
	}
	switch config.Source {
	case "", "auto":
		return openAuto(config)
	case "ebpf":
		return openEBPF(config)
	case "netdm":
		return openNetDM(config)
	case "tracefs":
		return openTracefs(config)
	case "ebpf+netdm":
		return openBoth(config)
	}
	return nil, fmt.Errorf("unknown source %q: use one of %q", config.Source, Sources())
}

// openAuto opens the best source for what is asked. Hardware drops are watched
// only if asked for by name: that switches on a monitor that others see too.
func openAuto(config Config) (Source, error) {
	switch {
	case config.Origins == HardwareDrops:
		return openNetDM(config)
	case config.Origins&HardwareDrops != 0:
		return openAny(config, openBoth, openNetDM)
	}
	return openAny(config, openEBPF, openNetDM, openTracefs)
}

// openAny opens the first source that works here; the best comes first.
func openAny(config Config, sources ...func(Config) (Source, error)) (Source, error) {
	var failures []error
	for _, open := range sources {
		source, err := open(config)
		if err == nil && len(failures) > 0 {
			return substitute{source, failures}, nil
		}
		if err == nil {
			return source, nil
		}
		failures = append(failures, err)
	}
	// With the rights that the best one wants, the best one is taken.
	if errors.Is(failures[0], os.ErrPermission) {
		return nil, failures[0]
	}
	return nil, noSource(failures)
}

// noSource tells why none of the sources works.
type noSource []error

func (e noSource) Error() string {
	text := "no source of drops works here"
	for _, err := range e {
		text += "; " + err.Error()
	}
	return text
}

func (e noSource) Unwrap() []error { return e }

// A substitute is a source that was not the first choice.
type substitute struct {
	Source
	better []error // why the better ones do not work
}

func (s substitute) Notes() []string {
	var notes []string
	for _, err := range s.better {
		notes = append(notes, fmt.Sprintf("using source %s: %v", s.Name(), err))
	}
	return append(notes, s.Source.Notes()...)
}
