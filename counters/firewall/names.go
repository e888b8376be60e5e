package firewall

import "bytes"

// names keeps one copy of each name that comes again and again.
type names map[string]string

// maxNames bounds the kept names. More are only copied.
const maxNames = 16 << 10

// intern copies a name, which may end with a zero byte.
func (n names) intern(name []byte) string {
	name, _, _ = bytes.Cut(name, []byte{0})
	if known, ok := n[string(name)]; ok {
		return known
	}
	text := string(name)
	if len(n) < maxNames {
		n[text] = text
	}
	return text
}
