package syslog

import "strconv"

// A frame appends a message such that the receiver finds its end in a stream.
type frame func(b, message []byte) []byte

// framing is what receivers expect of a format: octet counting (RFC 5425, RFC
// 6587) with the new one, and lines with the old one.
func framing(c Config) frame {
	if c.Format == FormatBSD {
		return frameLine
	}
	return frameCounted
}

func frameCounted(b, message []byte) []byte {
	b = append(strconv.AppendInt(b, int64(len(message)), 10), ' ')
	return append(b, message...)
}

func frameLine(b, message []byte) []byte { return append(append(b, message...), '\n') }

// frameNUL is what syslog(3) does on Unix streams.
func frameNUL(b, message []byte) []byte { return append(append(b, message...), 0) }
