package nldump

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// A program is classic BPF: it has no loops, so what it does is written out for
// each message that a datagram can hold.
type program []unix.SockFilter

const (
	// maxInstructions is the kernel's limit.
	maxInstructions = 4096
	perRule         = 9
	perMessage      = 12
	whole           = 1<<32 - 1 // verdict: keep every byte
)

// newProgram serves datagrams of at most some bytes. In doubt it keeps them:
// what is longer, and what matches no rule.
func newProgram(datagram int, rules []Quiet) program {
	p := make(program, 0, 256)
	for _, q := range rules {
		room := (maxInstructions-2)/len(rules) - perRule
		p.rule(q, min(datagram/q.Length, room/perMessage))
	}
	p.op(unix.BPF_RET|unix.BPF_K, whole)
	return p
}

// rule decides about datagrams that start with a message of the rule's length,
// and jumps behind itself for others.
func (p *program) rule(q Quiet, messages int) {
	p.load(0)
	p.jump(unix.BPF_K, inMemory(uint32(q.Length)), 1, 0)
	p.op(unix.BPF_JMP|unix.BPF_JA, uint32(messages*perMessage+perRule-3))
	// X holds the length of the datagram, to see where it ends: a load behind
	// the end would throw it away.
	p.op(unix.BPF_LD|unix.BPF_W|unix.BPF_LEN, 0)
	p.op(unix.BPF_MISC|unix.BPF_TAX, 0)
	p.op(unix.BPF_ALU|unix.BPF_MOD|unix.BPF_K, uint32(q.Length))
	p.keepUnless(0)
	for i := range messages {
		start := uint32(i * q.Length)
		p.load(start)
		p.keepUnless(uint32(q.Length))
		p.load(start + uint32(q.Mark))
		p.keepUnless(q.MarkValue)
		p.load(start + uint32(q.Zero))
		p.keepUnless(0)
		p.cutAtEnd(start + uint32(q.Length))
	}
	p.op(unix.BPF_RET|unix.BPF_K, whole)
}

func (p *program) op(code uint16, k uint32) {
	*p = append(*p, unix.SockFilter{Code: code, K: k})
}

func (p *program) jump(source uint16, k uint32, equal, other uint8) {
	*p = append(*p, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | source, Jt: equal, Jf: other, K: k})
}

func (p *program) load(offset uint32) {
	p.op(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, offset)
}

// keepUnless ends with the whole datagram unless the word just loaded has the
// value.
func (p *program) keepUnless(value uint32) {
	p.jump(unix.BPF_K, inMemory(value), 1, 0)
	p.op(unix.BPF_RET|unix.BPF_K, whole)
}

// cutAtEnd ends with the header of the first message if the datagram ends here.
func (p *program) cutAtEnd(offset uint32) {
	p.op(unix.BPF_LD|unix.BPF_IMM, offset)
	p.jump(unix.BPF_X, 0, 0, 1)
	p.op(unix.BPF_RET|unix.BPF_K, messageHeader)
}

// inMemory is the value that a load gives for a word of this machine: loads are
// big-endian everywhere.
func inMemory(value uint32) uint32 {
	var word [4]byte
	binary.NativeEndian.PutUint32(word[:], value)
	return binary.BigEndian.Uint32(word[:])
}

// cut tells whether the program has left only a header of the datagram.
func cut(datagram []byte) bool {
	return len(datagram) == messageHeader && binary.NativeEndian.Uint32(datagram) > messageHeader
}
