package ethstat

import (
	"errors"
	"fmt"

	"dropwatch/counters/internal/nldump"
	"golang.org/x/sys/unix"
)

const (
	stringsGet   = 1 // ETHTOOL_MSG_STRSET_GET
	stringsReply = 1 // ETHTOOL_MSG_STRSET_GET_REPLY

	maxNames = 4096 // in one set
)

// set are the names in one of the kernel's sets. They are asked for once. A set
// that the kernel does not have is empty.
func (c *Conn) set(number uint32) ([]string, error) {
	if names, ok := c.sets[number]; ok {
		return names, nil
	}
	id := nldump.Append(nil, 1, nldump.Uint32(number))     // ETHTOOL_A_STRINGSET_ID
	body := nest(request(stringsGet), 2, nest(nil, 1, id)) // ETHTOOL_A_STRSET_STRINGSETS
	body = nest(body, 1, nil)                              // ETHTOOL_A_STRSET_HEADER
	var names []string
	err := c.dump.Ask(nldump.Request{Type: c.family, Single: true, Body: body}, func(m nldump.Message) (err error) {
		a, err := generic(m.Data)
		if err != nil || m.Type != c.family || m.Data[0] != stringsReply {
			return err
		}
		names, err = decodeStrings(a, number)
		return err
	})
	if absent(err) || errors.Is(err, unix.EINVAL) {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("read set of names %d: %w", number, err)
	}
	c.sets[number] = names
	return names, nil
}

// decodeStrings reads one set out of ETHTOOL_MSG_STRSET_GET_REPLY.
func decodeStrings(a nldump.Attributes, number uint32) (names []string, err error) {
	for a.Next() {
		if a.Type() != 2 { // ETHTOOL_A_STRSET_STRINGSETS
			continue
		}
		sets := a.Nest()
		for sets.Next() {
			id, found, err := decodeSet(sets.Nest())
			if id == number && err == nil {
				names = found
			}
			sets.Fail("ETHTOOL_A_STRINGSETS_STRINGSET", err)
		}
		a.Fail("ETHTOOL_A_STRSET_STRINGSETS", sets.Err())
	}
	return names, a.Err()
}

// decodeSet reads ETHTOOL_A_STRINGSET_*.
func decodeSet(a nldump.Attributes) (number uint32, names []string, err error) {
	for a.Next() {
		switch a.Type() {
		case 1:
			number = a.Uint32("ETHTOOL_A_STRINGSET_ID")
		case 3:
			list := a.Nest()
			for list.Next() {
				names, err = decodeString(names, list.Nest())
				list.Fail("ETHTOOL_A_STRINGS_STRING", err)
			}
			a.Fail("ETHTOOL_A_STRINGSET_STRINGS", list.Err())
		}
	}
	return number, names, a.Err()
}

// decodeString puts a name at its place.
func decodeString(names []string, a nldump.Attributes) ([]string, error) {
	place, text := 0, ""
	for a.Next() {
		switch a.Type() {
		case 1:
			place = int(a.Uint32("ETHTOOL_A_STRING_INDEX"))
		case 2:
			text = string(a.Text())
		}
	}
	if err := a.Err(); err != nil {
		return names, err
	}
	if place >= maxNames {
		return names, fmt.Errorf("place %d is not below %d", place, maxNames)
	}
	for len(names) <= place {
		names = append(names, "")
	}
	names[place] = text
	return names, nil
}
