package rtstat

import (
	"encoding/binary"
	"fmt"
	"slices"

	"dropwatch/counters/internal/nldump"
)

// A Qdisc is a queueing discipline of an interface.
type Qdisc struct {
	Interface uint32 // index
	Kind      string // such as "fq_codel"
	// Handle is its own number, 0 for one that the kernel made by itself.
	// Parent is Root, Ingress, or the class that it queues for.
	Handle, Parent Handle
	// Info is the number of references of a queueing discipline, and for a class
	// the handle of the queueing discipline below it (0 for none).
	Info uint32
	// Offloaded is set if the hardware does the work.
	Offloaded bool

	// Stats are bytes, packets, qlen, backlog, dropped, requeues and overlimits,
	// as far as the kernel gives them.
	Stats []Named
	// XStats are what only this kind has: the fields of its struct in the
	// kernel's headers, such as flows_plimit of fq. A field that is called like
	// one of Stats begins with the kind ("pie_dropped"). Fields that are not
	// known here are called xstat_N, with their place in the struct, which has
	// 32 bits each.
	XStats []Named
	// Settings are the limits and rates that decide when it drops. One that is
	// not set is absent.
	Settings []Setting
}

// A Class is a part of a queueing discipline with its own statistics. Its Handle
// is the class identifier, its Parent the class above it or Root. Kind is that of
// the queueing discipline.
type Class struct{ Qdisc }

// A Handle is the number of a queueing discipline or a class.
type Handle uint32

// Handles with a meaning.
const (
	Root    Handle = 0xffffffff
	Ingress Handle = 0xfffffff1 // also of clsact
)

// String is the handle as the tc program writes it: "8001:", "1:10", "root".
func (h Handle) String() string {
	if h == Root {
		return "root"
	}
	if h&0xffff == 0 {
		return fmt.Sprintf("%x:", uint32(h)>>16)
	}
	if h>>16 == 0 {
		return fmt.Sprintf(":%x", uint32(h))
	}
	return fmt.Sprintf("%x:%x", uint32(h)>>16, uint32(h)&0xffff)
}

// Object names the queueing discipline within its interface, in the words of
// the tc program: "qdisc tbf 8001: root", "qdisc pfifo 0: parent 1:10".
func (q *Qdisc) Object() string { return q.object("qdisc", "0:") }

// Object names the class within its interface: "class htb 1:10 parent 1:1".
func (c *Class) Object() string { return c.object("class", "0") }

func (q *Qdisc) object(what, none string) string {
	handle := none
	if q.Handle != 0 {
		handle = q.Handle.String()
	}
	if q.Parent == Root {
		return what + " " + q.Kind + " " + handle + " root"
	}
	return what + " " + q.Kind + " " + handle + " parent " + q.Parent.String()
}

// Classful tells whether the classes of this queueing discipline count something
// that is not in the queueing disciplines themselves. The bands of prio, the
// queues of mq and the flows of fq_codel do not.
func (q *Qdisc) Classful() bool {
	return slices.Contains([]string{"htb", "hfsc", "drr", "qfq", "ets", "cbq", "atm", "dsmark"}, q.Kind)
}

const (
	sizeofTCMessage = 20 // struct tcmsg

	attributeKind      = 1  // TCA_KIND
	attributeOptions   = 2  // TCA_OPTIONS
	attributeStats     = 3  // TCA_STATS
	attributeXStats    = 4  // TCA_XSTATS
	attributeStats2    = 7  // TCA_STATS2
	attributeInvisible = 10 // TCA_DUMP_INVISIBLE
	attributeOffload   = 12 // TCA_HW_OFFLOAD
)

// DecodeQdisc reads the body of a RTM_NEWQDISC message.
func DecodeQdisc(body []byte) (Qdisc, error) { return new(Conn).qdisc(body) }

// DecodeClass reads the body of a RTM_NEWTCLASS message.
func DecodeClass(body []byte) (Class, error) {
	q, err := new(Conn).qdisc(body)
	return Class{q}, err
}

// tcParts are the attributes that can be understood only once all are known.
type tcParts struct {
	options, stats, xstats, app []byte
	hasStats2                   bool
}

func (c *Conn) qdisc(body []byte) (Qdisc, error) {
	if len(body) < sizeofTCMessage {
		return Qdisc{}, fmt.Errorf("decode queueing discipline: %d bytes are no tcmsg", len(body))
	}
	q := Qdisc{
		Interface: binary.NativeEndian.Uint32(body[4:]),
		Handle:    Handle(binary.NativeEndian.Uint32(body[8:])),
		Parent:    Handle(binary.NativeEndian.Uint32(body[12:])),
		Info:      binary.NativeEndian.Uint32(body[16:]),
	}
	var parts tcParts
	a := nldump.Walk(body[sizeofTCMessage:])
	for a.Next() {
		switch a.Type() {
		case attributeKind:
			q.Kind = c.kind(a.Text())
		case attributeOptions:
			parts.options = a.Bytes()
		case attributeStats:
			parts.stats = a.Bytes()
		case attributeXStats:
			parts.xstats = a.Bytes()
		case attributeOffload:
			q.Offloaded = a.Uint8("TCA_HW_OFFLOAD") != 0
		case attributeStats2:
			parts.hasStats2 = true
			a.Fail("TCA_STATS2", q.stats2(a.Nest(), &parts))
		}
	}
	err := a.Err()
	if err == nil {
		err = q.finish(&parts)
	}
	if err != nil {
		return Qdisc{}, fmt.Errorf("decode %s of interface %d: %w", q.Object(), q.Interface, err)
	}
	return q, nil
}

func (q *Qdisc) finish(parts *tcParts) error {
	if !parts.hasStats2 && parts.stats != nil {
		if err := q.oldStats(parts.stats); err != nil {
			return fmt.Errorf("attribute TCA_STATS: %w", err)
		}
	}
	xstats, name := parts.app, "TCA_STATS_APP"
	if xstats == nil { // only very old kernels do not repeat it there
		xstats, name = parts.xstats, "TCA_XSTATS"
	}
	if err := q.readXStats(xstats); err != nil {
		return fmt.Errorf("attribute %s: %w", name, err)
	}
	if err := q.readOptions(parts.options); err != nil {
		return fmt.Errorf("attribute TCA_OPTIONS: %w", err)
	}
	return nil
}
