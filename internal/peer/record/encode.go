package record

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"sort"

	"dropwatch/internal/peer/identity"
)

// Encode makes the signed packets of a record, one to MaxParts, each of at most
// MaxPacket bytes. Of the header it takes Epoch, Sequence and Time; the rest it
// sets. Strings are cleaned of what cannot be printed and cut to their limits,
// numbers rounded to the steps of their fields, at most 8 classes are taken,
// and what finds no room is counted in LeftOut of the last part. The report is
// not changed. It may be called concurrently.
func Encode(r *Report, h Header, key ed25519.PrivateKey) ([][]byte, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("encode record: no private key")
	}
	public := key.Public().(ed25519.PublicKey)
	h.Host, h.Kind = identity.IDOf(public), KindReport
	payloads, err := split(r)
	if err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	h.Parts = uint8(len(payloads))
	packets := make([][]byte, len(payloads))
	for i, p := range payloads {
		h.Part, h.compressed, h.Key = uint8(i), p.compressed, nil
		if i == 0 {
			h.Key = public
		}
		b := append(h.append(make([]byte, 0, MaxPacket)), p.data...)
		if packets[i], err = sign(b, key); err != nil {
			return nil, fmt.Errorf("sign record: %w", err)
		}
	}
	return packets, nil
}

// A payload is what a part holds, as it is sent.
type payload struct {
	data       []byte
	compressed bool
}

// room is how large the payload of a part may be.
func room(part int) int {
	if part == 0 {
		return MaxPacket - headerSize - keySize - signatureSize
	}
	return MaxPacket - headerSize - signatureSize
}

// split puts as much into each part as fits.
func split(r *Report) ([]payload, error) {
	order := r.order()
	var at cut
	var parts []payload
	for len(parts) == 0 || len(order) > 0 && len(parts) < MaxParts {
		p, taken, err := r.fill(at, order, len(parts))
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
		at = at.after(order[:taken])
		order = order[taken:]
	}
	return parts, nil
}

// usualRows is more than the rows of a part mostly are.
const usualRows = 160

// fill makes the payload of one part from as many rows as it can take. How
// well rows compress is only known by doing it, so it tries: all, or what is
// more than usual, and then by halves.
func (r *Report) fill(from cut, order []int, part int) (best payload, taken int, err error) {
	try := func(n int) bool {
		p, ok, e := r.payload(from, from.after(order[:n]), part)
		if e != nil {
			err = e
		}
		if ok && (best.data == nil || n > taken) {
			best, taken = p, n
		}
		return ok
	}
	most := len(order)
	if most > usualRows && !try(usualRows) {
		most = usualRows
	}
	if most == usualRows || !try(most) {
		sort.Search(most, func(n int) bool { return !try(n) })
	}
	switch {
	case err != nil:
		return payload{}, 0, err
	case best.data == nil, part > 0 && taken == 0:
		return payload{}, 0, errors.New("report has an element larger than a packet")
	}
	return best, taken, nil
}

// payload makes the payload of the rows between two cuts, and tells whether it
// fits.
func (r *Report) payload(from, to cut, part int) (payload, bool, error) {
	for list := range lists {
		if to[list]-from[list] > maxItems {
			return payload{}, false, nil
		}
	}
	piece := r.part(from, to, part == 0)
	if part == MaxParts-1 {
		piece.LeftOut = piece.LeftOut.plus(r.rest(to))
	}
	raw := appendReport(make([]byte, 0, 2048), piece)
	if len(raw) > maxPayload {
		return payload{}, false, nil
	}
	data, compressed, err := compress(raw)
	if err != nil {
		return payload{}, false, err
	}
	return payload{data, compressed}, len(data) <= room(part), nil
}
