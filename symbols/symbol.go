package symbols

import (
	"strconv"
	"strings"
)

// A Symbol is a kernel function and a place in it.
type Symbol struct {
	Name    string
	Module  string // as the kernel gives it ("nf_tables", "bpf"); empty for built-in code
	Address uint64 // where the function starts
	Offset  uint64 // of the place from Address, in bytes
	// Size is the distance in bytes from Address to the next symbol. At the
	// end of a text section, where the next symbol is far, it is an upper bound.
	Size uint64
}

// String prints the symbol as the kernel does: name+0x1de/0x440 [module]. A
// symbol without name is printed as the bare address.
func (s Symbol) String() string {
	var b strings.Builder
	if s.Name == "" {
		writeHex(&b, s.Address+s.Offset)
		return b.String()
	}
	b.WriteString(s.Name)
	b.WriteByte('+')
	writeHex(&b, s.Offset)
	b.WriteByte('/')
	writeHex(&b, s.Size)
	if s.Module != "" {
		b.WriteString(" [" + s.Module + "]")
	}
	return b.String()
}

func writeHex(b *strings.Builder, v uint64) {
	var digits [16]byte
	b.WriteString("0x")
	b.Write(strconv.AppendUint(digits[:0], v, 16))
}
