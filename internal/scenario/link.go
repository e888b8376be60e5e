package scenario

import (
	"encoding/binary"
	"fmt"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// A linkState is what the kernel tells of an interface.
type linkState struct {
	operational bool              // and packets for it are not refused
	counters    map[string]uint64 // rx/packets, tx/dropped, ...
}

// readLink asks for an interface of the calling thread's namespace.
func readLink(dev string) (linkState, error) {
	answers, _, err := talk(unix.NETLINK_ROUTE, []netlink.Message{{
		Header: netlink.Header{Type: unix.RTM_GETLINK},
		Data:   linkHeader(unix.AF_UNSPEC, indexOf(dev), 0, 0),
	}})
	if err != nil {
		return linkState{}, fmt.Errorf("ask for interface %s: %w", dev, err)
	}
	if len(answers) != 1 {
		return linkState{}, fmt.Errorf("%d answers about interface %s", len(answers), dev)
	}
	return parseLink(answers[0].Data)
}

// parseLink reads struct ifinfomsg and the attributes behind it.
func parseLink(message []byte) (linkState, error) {
	if len(message) < unix.SizeofIfInfomsg {
		return linkState{}, fmt.Errorf("link message of %d bytes", len(message))
	}
	decoder, err := netlink.NewAttributeDecoder(message[unix.SizeofIfInfomsg:])
	if err != nil {
		return linkState{}, fmt.Errorf("parse link: %w", err)
	}
	const operUp = 6 // IF_OPER_UP
	var state linkState
	up, queue := false, ""
	for decoder.Next() {
		switch decoder.Type() {
		case unix.IFLA_OPERSTATE:
			up = decoder.Uint8() == operUp
		case unix.IFLA_QDISC:
			queue = decoder.String()
		case unix.IFLA_STATS64:
			decoder.Do(func(stats []byte) error {
				var err error
				state.counters, err = parseLinkCounters(stats)
				return err
			})
		}
	}
	if err := decoder.Err(); err != nil {
		return linkState{}, fmt.Errorf("parse link: %w", err)
	}
	// a link that just got its carrier may still have the queue that refuses
	// all packets
	state.operational = up && queue != "noop"
	return state, nil
}

// parseLinkCounters reads the beginning of struct rtnl_link_stats64.
func parseLinkCounters(stats []byte) (map[string]uint64, error) {
	names := []string{"rx/packets", "tx/packets", "rx/bytes", "tx/bytes", "rx/errors", "tx/errors", "rx/dropped", "tx/dropped"}
	if len(stats) < 8*len(names) {
		return nil, fmt.Errorf("link statistics of %d bytes", len(stats))
	}
	counters := map[string]uint64{}
	for i, name := range names {
		counters[name] = binary.NativeEndian.Uint64(stats[8*i:])
	}
	return counters, nil
}

func readLinkCounter(dev, direction, field string) (uint64, error) {
	state, err := readLink(dev)
	if err != nil {
		return 0, err
	}
	value, ok := state.counters[direction+"/"+field]
	if !ok {
		return 0, fmt.Errorf("interface %s has no counter %s/%s", dev, direction, field)
	}
	return value, nil
}
