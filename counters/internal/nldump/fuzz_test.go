package nldump

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Whatever arrives: the walk ends, stays within the bytes, and leaves none out
// without an error.
func FuzzAttributes(f *testing.F) {
	f.Add(Append(Append(nil, 1, Uint32(7)), 2, []byte("text")))
	f.Add([]byte{5, 0, 1, 0, 9})
	f.Add([]byte{0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		end := 0
		a := Walk(data)
		for a.Next() {
			if a.Offset() != align(end)+attributeHeader || a.Offset()+len(a.Bytes()) > len(data) {
				t.Fatalf("attribute at %d of %d bytes, after %d", a.Offset(), len(data), end)
			}
			end = a.Offset() + len(a.Bytes())
			if !bytes.Equal(a.Bytes(), data[a.Offset():end]) || cap(a.Bytes()) != len(a.Bytes()) {
				t.Fatal("other bytes, or room behind the attribute")
			}
			if strings.ContainsRune(string(a.Text()), 0) {
				t.Fatal("text with NUL")
			}
		}
		if a.Err() == nil && align(end) < len(data) {
			t.Errorf("ended at %d of %d without an error", end, len(data))
		}
	})
}

// Whatever arrives as an answer: reading ends, with the whole rows before the
// first fault.
func FuzzAnswer(f *testing.F) {
	f.Add(join(message(16, 2, 1, 1, 2, 3), done(1, 0)), false)
	f.Add(join(row(unix.NLM_F_DUMP_INTR, 1, "a"), failed(0, 0)), true)
	f.Add(message(unix.NLMSG_ERROR, unix.NLM_F_ACK_TLVS, 1, append(Uint32(0xfffffff0), make([]byte, 24)...)...), true)
	f.Add(message(unix.NLMSG_ERROR, unix.NLM_F_ACK_TLVS, 1, 0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), false)
	f.Fuzz(func(t *testing.T, data []byte, single bool) {
		total := 0
		a := answer{sequence: 1, single: single, each: func(m Message) error {
			if m.Length != messageHeader+len(m.Data) {
				t.Errorf("length %d with %d bytes of data", m.Length, len(m.Data))
			}
			total += m.Length
			return nil
		}}
		err := a.datagram(data)
		if total > len(data) {
			t.Fatalf("%d bytes of rows in %d", total, len(data))
		}
		if single && a.interrupted || err != nil && a.done {
			t.Fatalf("done %v, interrupted %v, error %v", a.done, a.interrupted, err)
		}
		if err == nil && !a.done && a.result() != nil && !a.interrupted {
			t.Fatalf("error %v before the end", a.result())
		}
	})
}
