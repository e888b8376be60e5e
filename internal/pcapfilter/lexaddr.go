package pcapfilter

import (
	"net/netip"
	"strconv"
	"strings"
)

func isDecimal(c byte) bool { return c >= '0' && c <= '9' }

func isHexadecimal(c byte) bool {
	return isDecimal(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// hexDigits counts the hexadecimal digits s begins with, up to some.
func hexDigits(s string, most int) int {
	n := 0
	for n < len(s) && n < most && isHexadecimal(s[n]) {
		n++
	}
	return n
}

// stationLength finds an Ethernet address at the beginning of s: six groups of
// one or two digits with colons, hyphens or dots, three groups of four with
// dots, or twelve digits. It returns 0 if there is none.
func stationLength(s string) (int, [6]byte) {
	var best int
	var station [6]byte
	for _, form := range []struct {
		separator     string
		groups        int
		fewest, most  int
		digitsInGroup int
	}{
		{":", 6, 1, 2, 2}, {"-", 6, 1, 2, 2}, {".", 6, 1, 2, 2}, {".", 3, 4, 4, 4}, {"", 1, 12, 12, 12},
	} {
		digits, rest := "", s
		for i := 0; i < form.groups; i++ {
			if i > 0 {
				if !strings.HasPrefix(rest, form.separator) {
					digits = ""
					break
				}
				rest = rest[len(form.separator):]
			}
			n := hexDigits(rest, form.most)
			if n < form.fewest {
				digits = ""
				break
			}
			digits += strings.Repeat("0", form.digitsInGroup-n) + rest[:n]
			rest = rest[n:]
		}
		if n := len(s) - len(rest); len(digits) == 12 && n > best {
			best, station = n, stationOf(digits)
		}
	}
	return best, station
}

// stationOf reads twelve hexadecimal digits.
func stationOf(digits string) (station [6]byte) {
	n, err := strconv.ParseUint(digits, 16, 48)
	if err != nil {
		return station
	}
	for i := range station {
		station[i] = byte(n >> (40 - 8*i))
	}
	return station
}

// brokenStationLength finds what looks like an Ethernet address with too many
// colons or too few groups. To tcpdump, too, that is never anything else.
func brokenStationLength(s string) int {
	length, groups := 0, 0
	for {
		n := hexDigits(s[length:], 2)
		colons := 0
		for length+n+colons < len(s) && s[length+n+colons] == ':' {
			colons++
		}
		if n == 0 || colons == 0 {
			break
		}
		length += n + colons
		groups++
	}
	if groups < 2 {
		return 0
	}
	return length
}

// ipv6Length finds the longest IPv6 address at the beginning of s. The address
// is not valid if what is found only looks like one.
func ipv6Length(s string) (int, netip.Addr) {
	best, groups, gaps, i := 0, 0, 0, 0
	if strings.HasPrefix(s, "::") {
		gaps, i, best = 1, 2, 2
	}
	for groups < 8 {
		// Six groups, or fewer with a gap, may precede a dotted address.
		if n := dottedLength(s[i:]); n > 0 && (groups == 6 && gaps == 0 || groups < 6 && gaps == 1) {
			best = max(best, i+n)
		}
		n := hexDigits(s[i:], 4)
		if n == 0 {
			break
		}
		i, groups = i+n, groups+1
		if groups == 8 && gaps == 0 || groups < 8 && gaps == 1 {
			best = max(best, i)
		}
		switch rest := s[i:]; {
		case strings.HasPrefix(rest, "::") && gaps == 0 && groups < 8:
			gaps, i = 1, i+2
			best = max(best, i)
		case strings.HasPrefix(rest, ":"):
			i++
		default:
			groups = 8 // nothing can follow
		}
	}
	address, err := netip.ParseAddr(s[:best])
	if err != nil {
		return best, netip.Addr{}
	}
	return best, address
}

// dottedLength finds four numbers with dots, of any size.
func dottedLength(s string) int {
	i := 0
	for part := 0; part < 4; part++ {
		if part > 0 {
			if i >= len(s) || s[i] != '.' {
				return 0
			}
			i++
		}
		n := numberLength(s[i:])
		if n == 0 {
			return 0
		}
		i += n
	}
	return i
}

// numberLength counts the bytes of the number s begins with.
func numberLength(s string) int {
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && isHexadecimal(s[2]) {
		return 2 + hexDigits(s[2:], len(s))
	}
	n := 0
	for n < len(s) && isDecimal(s[n]) {
		n++
	}
	return n
}
