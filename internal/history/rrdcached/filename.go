package rrdcached

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// maxWord is so that two words and what is between fit a name of a file.
const maxWord = 115

// FileName is the file of a value below the directory of the daemon, such as
// web1@cpu.busy.rrd or web1@filesystem.used-%2Fvar.rrd; with directories it is
// web1/cpu.busy.rrd. Different hosts and keys have different files, and none is
// outside, whatever they are called.
func FileName(host, key string, directories bool) string {
	between := "@"
	if directories {
		between = "/"
	}
	name, of, _ := strings.Cut(strings.TrimSuffix(key, "]"), "[")
	if name+"["+of+"]" == key {
		key = escape(name, "-") + "-" + escape(of, "")
	} else {
		key = escape(key, "-")
	}
	return short(escape(host, "")) + between + short(key) + ".rrd"
}

// escape writes all but harmless letters as in addresses of the web. A dot at
// the begin is none.
func escape(s, also string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_',
			c == '.' && i > 0, c == '-' && also == "":
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
		if b.Len() > 4*maxWord { // it is cut anyway
			return b.String() + hash(s)
		}
	}
	return b.String()
}

// short cuts what is too long, and makes up for it.
func short(word string) string {
	if len(word) <= maxWord {
		return word
	}
	return word[:maxWord-18] + "%-" + hash(word)
}

func hash(s string) string {
	h := fnv.New64a()
	h.Write([]byte(s))
	return fmt.Sprintf("%016x", h.Sum64())
}
