package sockstat

// DropsBySocket returns the sockets of two listings that lost packets in between, by
// inode, and how many. Inode 0 is the sum of sockets that no process holds.
//
// A socket that was not there before counts from 0, so the first listing must
// have been whole. One that is gone is not there: what it lost last nobody
// knows. The count of a socket may pass 2^32 once between the listings.
func DropsBySocket(before, after []Socket) map[uint32]uint64 {
	type key struct {
		protocol Protocol
		cookie   uint64
	}
	known := make(map[key]uint32, len(before))
	for i := range before {
		if s := &before[i]; s.DropsKnown {
			known[key{s.Protocol, s.Cookie}] = s.Drops
		}
	}
	drops := make(map[uint32]uint64)
	for i := range after {
		s := &after[i]
		if !s.DropsKnown {
			continue
		}
		if delta := s.Drops - known[key{s.Protocol, s.Cookie}]; delta > 0 {
			drops[s.Inode] += uint64(delta)
		}
	}
	return drops
}
