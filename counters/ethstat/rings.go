package ethstat

import (
	"fmt"

	"dropwatch/counters/internal/nldump"
)

// Rings are the sizes of the rings of a device, in packets. A ring that the
// device does not have is 0. "ethtool -G" changes them up to the maximum.
type Rings struct {
	Index uint32 // of the interface
	Name  string

	Rx, RxMax           uint32
	RxMini, RxMiniMax   uint32
	RxJumbo, RxJumboMax uint32
	Tx, TxMax           uint32
}

const (
	ringsGet   = 15 // ETHTOOL_MSG_RINGS_GET
	ringsReply = 16 // ETHTOOL_MSG_RINGS_GET_REPLY
)

// Rings reads the sizes of all rings in the namespace. Devices without rings are
// absent. Requires Linux 5.8 with ethtool netlink; without it the error wraps
// errors.ErrUnsupported.
func (c *Conn) Rings() ([]Rings, error) {
	rings, err := collect(c, nest(request(ringsGet), 1, nil), ringsReply, decodeRings)
	if err != nil {
		return nil, fmt.Errorf("read ring sizes: %w", err)
	}
	return rings, nil
}

// collect reads what all devices answer to a request. Those that have nothing to
// answer are skipped by the kernel.
func collect[T any](c *Conn, body []byte, reply uint8, decode func(nldump.Attributes) (T, bool, error)) ([]T, error) {
	if c.familyErr != nil {
		return nil, c.familyErr
	}
	rows, err := nldump.Collect(c.dump, nldump.Request{Type: c.family, Body: body}, nil,
		func(to []T, m nldump.Message) ([]T, error) {
			a, err := generic(m.Data)
			if err != nil || m.Type != c.family || m.Data[0] != reply {
				return to, err
			}
			row, ok, err := decode(a)
			if !ok {
				return to, err
			}
			return append(to, row), err
		})
	if absent(err) {
		return nil, nil
	}
	return rows, err
}

func decodeRings(a nldump.Attributes) (Rings, bool, error) {
	var r Rings
	fields := [...]*uint32{ // by ETHTOOL_A_RINGS_*, from 2 on
		&r.RxMax, &r.RxMiniMax, &r.RxJumboMax, &r.TxMax, &r.Rx, &r.RxMini, &r.RxJumbo, &r.Tx,
	}
	for a.Next() {
		switch place := int(a.Type()) - 2; {
		case a.Type() == 1:
			var err error
			r.Index, r.Name, err = decodeHeader(a.Nest())
			a.Fail("ETHTOOL_A_RINGS_HEADER", err)
		case place >= 0 && place < len(fields):
			*fields[place] = a.Uint32("of ring sizes")
		}
	}
	if err := a.Err(); err != nil {
		return Rings{}, false, fmt.Errorf("decode rings of %s: %w", r.Name, err)
	}
	return r, r.Index != 0, nil
}

// decodeHeader reads of which device an answer is (ETHTOOL_A_HEADER_*).
func decodeHeader(a nldump.Attributes) (index uint32, name string, err error) {
	for a.Next() {
		switch a.Type() {
		case 1:
			index = a.Uint32("ETHTOOL_A_HEADER_DEV_INDEX")
		case 2:
			name = string(a.Text())
		}
	}
	return index, name, a.Err()
}
