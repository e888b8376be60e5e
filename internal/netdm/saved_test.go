package netdm

import (
	"testing"
)

func TestSaved(t *testing.T) {
	littleEndian(t)
	for _, kernel := range []string{"5.10", "6.1", "6.12", "7.2"} {
		var s Saved
		alert := captured(t, kernel, "alert-packet.bin")
		if a, err := s.Decode(alert); a != nil || err != nil || s.Known() {
			t.Fatalf("%s: before the family is known: %v, %v", kernel, a, err)
		}
		if a, err := s.Decode(captured(t, kernel, "family.bin")); a != nil || err != nil || !s.Known() {
			t.Fatalf("%s: family: %v, %v, known %t", kernel, a, err, s.Known())
		}
		a, err := s.Decode(alert)
		if err != nil || a == nil || a.Mode != Packets || len(a.Packet.Symbol) == 0 || a.Packet.Location == 0 {
			t.Errorf("%s: %+v, %v", kernel, a, err)
		}
		a, err = s.Decode(captured(t, kernel, "alert-summary.bin"))
		if err != nil || a == nil || a.Mode != Summary || len(a.Hits) == 0 {
			t.Errorf("%s: summary %+v, %v", kernel, a, err)
		}
		if a, err := s.Decode(alert[:len(alert)-1]); err == nil {
			t.Errorf("%s: a message that is cut gives %+v", kernel, a)
		}
	}
}

func FuzzSaved(f *testing.F) {
	for _, p := range packets {
		f.Add(encodePacket(&p), uint16(fakeFamily))
	}
	f.Fuzz(func(t *testing.T, data []byte, family uint16) {
		for _, s := range []Saved{{}, {family: family}} {
			if a, err := s.Decode(data); a != nil && (err != nil || !inside(a.Packet.Payload, data)) {
				t.Errorf("%+v, %v", a, err)
			}
		}
	})
}
