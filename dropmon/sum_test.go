package dropmon

import (
	"encoding/binary"
	"testing"
)

// FuzzAggregateSum turns bytes into drops and demands that no packet is lost or
// counted twice, however the drops are grouped and however little room there is.
func FuzzAggregateSum(f *testing.F) {
	f.Add(uint8(0), uint8(3), []byte("0123456789abcdef0123456789abcdef"))
	f.Add(uint8(ByFlow|ByProcess), uint8(0), []byte("0000000011111111222222223333333300000000"))
	f.Add(uint8(ByReason), uint8(1), []byte{})
	f.Fuzz(func(t *testing.T, by, limit uint8, raw []byte) {
		fine := Aggregate{By: DefaultBy | By(by), Limit: int(limit)}
		coarse := Aggregate{By: By(by), Limit: int(limit)}
		var want Drop
		for ; len(raw) >= 8; raw = raw[8:] {
			d := dropOf([8]byte(raw))
			want.Packets += d.Packets
			want.Buffers += d.Buffers
			want.Bytes += d.Bytes
			fine.Add(&d)
			coarse.Add(&d)
		}
		again := Aggregate{By: By(by), Limit: int(limit)}
		for _, g := range fine.Groups() {
			again.AddGroup(&g)
		}
		for name, a := range map[string]*Aggregate{"added": &coarse, "added finely": &fine, "added twice": &again} {
			var got Drop
			for i, g := range a.Groups() {
				got.Packets += g.Packets
				got.Buffers += g.Buffers
				got.Bytes += g.Bytes
				if g.Packets == 0 && g.Buffers == 0 {
					t.Errorf("%s: row %d has no packets", name, i)
				}
				if g.Other && i != len(a.Groups())-1 {
					t.Errorf("%s: the rest is not the last row", name)
				}
			}
			if got.Packets != want.Packets || got.Buffers != want.Buffers || got.Bytes != want.Bytes {
				t.Errorf("%s: got %d packets, %d buffers, %d bytes; want %d, %d, %d",
					name, got.Packets, got.Buffers, got.Bytes, want.Packets, want.Buffers, want.Bytes)
			}
			if limit > 0 && len(a.Groups()) > int(limit)+1 {
				t.Errorf("%s: %d rows with room for %d", name, len(a.Groups()), limit)
			}
		}
	})
}

// dropOf makes a drop with few different values, so that groups meet.
func dropOf(b [8]byte) Drop {
	d := Drop{
		Location: uint64(b[0] & 3), Reason: Reason{Code: uint32(b[0] >> 6)},
		NetNS: NetNS{Inode: uint32(b[1] & 1)}, Interface: Interface{Index: uint32(b[1] >> 6), Name: []string{"", "a"}[b[1]>>3&1]},
		Protocol: uint16(b[2] & 1), Transport: b[2] >> 7, Unkeyed: b[2]&0x10 != 0,
		Process: Process{PID: int(b[3] & 1)}, Length: uint32(b[3] >> 6),
		Class: []Class{"", Loss, Benign}[b[4]%3], Origin: Origin(b[4] >> 7),
	}
	if b[5]&1 != 0 {
		d.Flow = flowFrom(uint16(b[5] >> 6))
	}
	if b[5]&2 != 0 {
		d.Packet = b[:]
	}
	if b[5]&12 != 0 { // else a sample
		d.Buffers = 1
		d.Packets = uint64(binary.BigEndian.Uint16(b[6:]))
		d.Bytes = d.Packets * 2
	}
	return d
}
