package rtstat

import (
	"encoding/binary"
	"fmt"

	"dropwatch/counters/internal/nldump"
)

const (
	rateSpec = 12 // struct tc_ratespec, whose rate is at 8
	rateAt   = 8
	// tickNanoseconds is the kernel's unit for how long a burst takes to send
	// (PSCHED_SHIFT).
	tickNanoseconds = 64
)

// A shaper collects what tbf and htb say of their rates. They give the burst as
// the time that it takes at that rate.
type shaper struct {
	rate, peak           uint64 // bytes/s
	rateTicks, peakTicks uint32
}

// wide replaces a rate that does not fit into 32 bits.
func wide(rate *uint64, a *nldump.Attributes, name string) {
	if value := a.Uint64(name); value != 0 {
		*rate = value
	}
}

// burst is how many bytes take that long at a rate. It is inexact by what the
// kernel rounds off.
func burst(rate uint64, ticks uint32) uint64 {
	return uint64(float64(rate) * float64(ticks) * tickNanoseconds / 1e9)
}

// tbf reads struct tc_tbf_qopt (TCA_TBF_PARMS) and the rates of 64 bits.
func (q *Qdisc) tbf(data []byte) error {
	var s shaper
	var limit uint32
	a := nldump.Walk(data)
	for a.Next() {
		switch a.Type() {
		case 1:
			b := a.Bytes()
			if len(b) < 2*rateSpec+12 {
				a.Fail("TCA_TBF_PARMS", fmt.Errorf("has %d bytes", len(b)))
				continue
			}
			s.rate, s.peak = rate32(b), rate32(b[rateSpec:])
			limit = binary.NativeEndian.Uint32(b[2*rateSpec:])
			s.rateTicks = binary.NativeEndian.Uint32(b[2*rateSpec+4:])
			s.peakTicks = binary.NativeEndian.Uint32(b[2*rateSpec+8:])
		case 4:
			wide(&s.rate, &a, "TCA_TBF_RATE64")
		case 5:
			wide(&s.peak, &a, "TCA_TBF_PRATE64")
		}
	}
	q.Settings = append(q.Settings, Setting{"limit", uint64(limit), "bytes"}, Setting{"rate", s.rate, "bytes/s"},
		Setting{"burst", burst(s.rate, s.rateTicks), "bytes"})
	if s.peak != 0 {
		q.Settings = append(q.Settings, Setting{"peakrate", s.peak, "bytes/s"},
			Setting{"mtu", burst(s.peak, s.peakTicks), "bytes"})
	}
	return a.Err()
}

// htb reads what a class has (TCA_HTB_PARMS, struct tc_htb_opt) or the root
// (TCA_HTB_INIT, struct tc_htb_glob).
func (q *Qdisc) htb(data []byte) error {
	var s shaper
	class := false
	a := nldump.Walk(data)
	for a.Next() {
		b := a.Bytes()
		switch a.Type() {
		case 1:
			if len(b) < 2*rateSpec+8 {
				a.Fail("TCA_HTB_PARMS", fmt.Errorf("has %d bytes", len(b)))
				continue
			}
			class = true
			s.rate, s.peak = rate32(b), rate32(b[rateSpec:])
			s.rateTicks = binary.NativeEndian.Uint32(b[2*rateSpec:])
			s.peakTicks = binary.NativeEndian.Uint32(b[2*rateSpec+4:])
		case 2:
			a.Fail("TCA_HTB_INIT", q.htbRoot(b))
		case 5:
			q.set(Setting{"direct_qlen", uint64(a.Uint32("TCA_HTB_DIRECT_QLEN")), "packets"}, 32)
		case 6:
			wide(&s.rate, &a, "TCA_HTB_RATE64")
		case 7:
			wide(&s.peak, &a, "TCA_HTB_CEIL64")
		}
	}
	if class {
		q.Settings = append(q.Settings, Setting{"rate", s.rate, "bytes/s"}, Setting{"ceil", s.peak, "bytes/s"},
			Setting{"burst", burst(s.rate, s.rateTicks), "bytes"}, Setting{"cburst", burst(s.peak, s.peakTicks), "bytes"})
	}
	return a.Err()
}

// htbRoot reads how many packets no class was found for.
func (q *Qdisc) htbRoot(b []byte) error {
	if len(b) < 20 {
		return fmt.Errorf("has %d bytes, not 20", len(b))
	}
	q.XStats = append(q.XStats, Named{Name: "direct_pkts", Value: uint64(binary.NativeEndian.Uint32(b[16:])), Bits: 32})
	return nil
}

func rate32(spec []byte) uint64 { return uint64(binary.NativeEndian.Uint32(spec[rateAt:])) }
