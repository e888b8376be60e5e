package repair

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/peer/record"
)

// FuzzMessage takes bytes as a message of any kind.
func FuzzMessage(f *testing.F) {
	s := newStore(f, "here")
	for i := range 5 {
		for part := range uint8(i + 1) {
			packet(hostID(i), uint64(i), 300, part, 8, 200).put(s, start)
		}
	}
	empty, err := s.Answer(newStore(f, "there").Digest(start, true), time.Time{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.Digest(time.Time{}, true))
	f.Add(s.Digest(start, false))
	f.Add(empty.Bundles[0])
	f.Add([]byte("DQ\x01\x01\x01\x01a"))
	f.Fuzz(func(t *testing.T, message []byte) {
		before := bytes.Clone(message)
		fuzzDigest(t, s, message)
		fuzzBundle(t, message)
		if !bytes.Equal(before, message) {
			t.Fatal("the message was changed")
		}
	})
}

func fuzzDigest(t *testing.T, s *Store, message []byte) {
	d, err := parseDigest(message)
	answer, again := s.Answer(message, time.Time{})
	if (err == nil) != (again == nil) {
		t.Fatalf("parse: %v, answer: %v", err, again)
	}
	if err != nil {
		return
	}
	if name, asks, err := Sender(message); name != d.from || asks != d.asks || err != nil {
		t.Fatal(name, asks, err)
	}
	if cap(d.entries) > len(message)/minEntry {
		t.Fatalf("room for %d hosts in %d bytes", cap(d.entries), len(message))
	}
	// What was understood can be said again, in no more bytes.
	short := d.message()
	same, err := parseDigest(short)
	if err != nil || len(short) > len(message) {
		t.Fatalf("%d bytes from %d: %v", len(short), len(message), err)
	}
	if diff := cmp.Diff(d, same, cmp.AllowUnexported(digest{}, entry{})); diff != "" {
		t.Fatal(diff)
	}
	checkAnswer(t, s, d, answer)
}

// checkAnswer holds that what is sent is what the other one lacks.
func checkAnswer(t *testing.T, s *Store, d *digest, answer Answer) {
	if answer.Digest != nil && !d.asks {
		t.Fatal("a digest for one who asks for none")
	}
	for _, b := range answer.Bundles {
		packets, err := DecodeBundle(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range packets {
			h, err := record.ParseHeader(raw)
			if err != nil {
				t.Fatal(err)
			}
			at := slices.IndexFunc(d.entries, func(e entry) bool { return e.host == h.Host })
			if at < 0 {
				continue
			}
			e := d.entries[at]
			if h.Epoch < e.epoch || h.Epoch == e.epoch && (h.Sequence < e.sequence || h.Sequence == e.sequence && e.parts&(1<<h.Part) != 0) {
				t.Fatalf("sent %+v to one who has %+v", h, e)
			}
		}
	}
}

func fuzzBundle(t *testing.T, message []byte) {
	packets, err := DecodeBundle(message)
	if err != nil {
		return
	}
	if cap(packets) > len(message)/record.MinPacket || packets == nil {
		t.Fatalf("room for %d packets in %d bytes", cap(packets), len(message))
	}
	again := [][]byte{}
	for _, b := range pack(packets) {
		some, err := DecodeBundle(b)
		if err != nil {
			t.Fatal(err)
		}
		again = append(again, some...)
	}
	if diff := cmp.Diff(packets, again); diff != "" {
		t.Fatal(diff)
	}
}
