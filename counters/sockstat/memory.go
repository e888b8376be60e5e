package sockstat

import "encoding/binary"

// Places of the words of an SKMEMINFO attribute (linux/sock_diag.h).
const (
	memoryReceived = iota
	memoryReceiveBuffer
	memorySent
	memorySendBuffer
	memoryForward
	memoryQueued
	memoryOptions
	memoryBacklog
	memoryDrops // Linux 4.7
)

// decodeMemory takes what is there: each kernel gives the words that it knows.
func (s *Socket) decodeMemory(data []byte) {
	word := func(i int) uint32 {
		if len(data) < 4*(i+1) {
			return 0
		}
		return binary.NativeEndian.Uint32(data[4*i:])
	}
	s.Memory = Memory{
		Received: word(memoryReceived), ReceiveBuffer: word(memoryReceiveBuffer),
		Sent: word(memorySent), SendBuffer: word(memorySendBuffer),
		Backlog: word(memoryBacklog),
	}
	s.Drops, s.DropsKnown = word(memoryDrops), len(data) >= 4*(memoryDrops+1)
}
