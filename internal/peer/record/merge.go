package record

import (
	"cmp"
	"errors"
	"slices"
)

// Merge puts the parts of a record together, in any order. Parts may be
// missing: then the report has what came, which Complete tells. Parts that are
// not of the same record, or there twice, are an error. The parts are not
// changed; the report shares their memory.
func Merge(parts ...*Packet) (*Report, error) {
	if len(parts) == 0 || len(parts) > MaxParts {
		return nil, errors.New("merge record: no parts, or too many")
	}
	parts = slices.Clone(parts)
	slices.SortFunc(parts, func(a, b *Packet) int { return cmp.Compare(a.Part, b.Part) })
	for i, p := range parts {
		if i > 0 && (!p.same(parts[0]) || p.Part == parts[i-1].Part) {
			return nil, errors.New("merge record: parts are of different records, or there twice")
		}
	}
	merged := new(Report)
	for _, p := range parts {
		merged.add(p.Report)
	}
	return merged, nil
}

// Complete tells whether these, parts of one record, are all of it.
func Complete(parts ...*Packet) bool { return len(parts) > 0 && len(parts) == int(parts[0].Parts) }

func (p *Packet) same(other *Packet) bool {
	return p.Host == other.Host && p.Epoch == other.Epoch && p.Sequence == other.Sequence && p.Parts == other.Parts
}

// add takes over what a further part tells. What is no list is in the first
// part that has it.
func (r *Report) add(part *Report) {
	if r.Host == nil {
		r.Host = part.Host
	}
	if from := part.Status; from != nil {
		if r.Status == nil {
			r.Status = new(Status)
			*r.Status = *from
		} else {
			r.Status.add(from)
		}
	}
	if from := part.Drops; from != nil {
		if r.Drops == nil {
			r.Drops = new(Drops)
			*r.Drops = *from
		} else {
			r.Drops.Rows = join(r.Drops.Rows, from.Rows)
			r.Drops.Counters = join(r.Drops.Counters, from.Counters)
		}
	}
	r.LeftOut = r.LeftOut.plus(part.LeftOut)
}

func (s *Status) add(part *Status) {
	s.Interfaces = join(s.Interfaces, part.Interfaces)
	s.FileSystems = join(s.FileSystems, part.FileSystems)
	s.Users = join(s.Users, part.Users)
	s.Disks = join(s.Disks, part.Disks)
}

// join never writes into the memory of a part.
func join[T any](a, b []T) []T {
	if len(b) == 0 {
		return a
	}
	return append(slices.Clip(a), b...)
}
