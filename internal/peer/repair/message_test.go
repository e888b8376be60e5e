package repair

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/peer/record"
)

// unhex joins lines of hexadecimal digits.
func unhex(t testing.TB, lines ...string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Join(lines, ""), " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestGoldenDigest holds the bytes of version 1.
func TestGoldenDigest(t *testing.T) {
	s := newStore(t, "c1.example")
	packet(hostID(0x0203), 1790000000, 8640, 0, 1, 200).put(s, start)
	packet(hostID(0x0102), 1, 0, 7, 8, 200).put(s, start)
	packet(hostID(0x0102), 1, 0, 2, 8, 200).put(s, start)
	packet(hostID(0x0304), math.MaxUint64, 127, 1, 2, 200).put(s, start)
	want := unhex(t,
		"4451 01 01", // DQ, version, kind
		"01",         // asks
		"0a 63312e6578616d706c65",
		"01000000000000000000000000000102", "01", "00", "84",
		"01000000000000000000000000000203", "80f7c4d506", "c043", "01",
		"01000000000000000000000000000304", "ffffffffffffffffff01", "7f", "02",
	)
	got := s.Digest(start.Add(-1), true)
	if !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	want[4] = 0
	if got := s.Digest(start.Add(-1), false); !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	if got, want := s.Digest(start, false), want[:16]; !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	d, err := parseDigest(want)
	if err != nil {
		t.Fatal(err)
	}
	same := &digest{from: "c1.example", entries: []entry{
		{hostID(0x0102), 1, 0, 0x84}, {hostID(0x0203), 1790000000, 8640, 1}, {hostID(0x0304), math.MaxUint64, 127, 2},
	}}
	if diff := cmp.Diff(same, d, cmp.AllowUnexported(digest{}, entry{})); diff != "" {
		t.Error(diff)
	}
}

func TestGoldenBundle(t *testing.T) {
	first, second := bytes.Repeat([]byte{0xaa}, record.MinPacket), bytes.Repeat([]byte{0xbb}, 300)
	want := unhex(t,
		"4451 01 02", // DQ, version, kind
		"6f", strings.Repeat("aa", 111),
		"ac02", strings.Repeat("bb", 300),
	)
	got := pack([][]byte{first, second})
	if len(got) != 1 || !bytes.Equal(got[0], want) {
		t.Fatalf("got  %x\nwant %x", got, want)
	}
	packets, err := DecodeBundle(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]byte{first, second}, packets); diff != "" {
		t.Error(diff)
	}
}

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		message string
		want    Kind
		err     error
	}{
		{"", 0, ErrMagic},
		{"DQ\x01", 0, ErrMagic},
		{"DW\x01\x01", 0, ErrMagic},
		{"DQ\x01\x01", KindDigest, nil},
		{"DQ\x01\x02", KindBundle, nil},
		{"DQ\x01\x00", 0, ErrVersion},
		{"DQ\x01\x03", 0, ErrVersion},
		{"DQ\x02\x01", 0, ErrVersion},
		{"DQ\x01\x01" + strings.Repeat("x", maxDigest-4), KindDigest, nil},
		{"DQ\x01\x01" + strings.Repeat("x", maxDigest-3), 0, ErrLong},
		{"DQ\x01\x02" + strings.Repeat("x", maxBundle-4), KindBundle, nil},
		{"DQ\x01\x02" + strings.Repeat("x", maxBundle-3), 0, ErrLong},
	} {
		if got, err := KindOf([]byte(c.message)); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%.8q of %d: %v, %v", c.message, len(c.message), got, err)
		}
	}
}

func TestMalformedDigest(t *testing.T) {
	const (
		head = "DQ\x01\x01\x00\x01a"
		one  = "\x01_______________" + "\x05\x06\x01"
		two  = "\x02_______________" + "\x05\x06\x01"
		long = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"
	)
	if _, err := parseDigest([]byte(head + one + two)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, message string
		err           error
	}{
		{"no sender", "DQ\x01\x01\x00", ErrMalformed},
		{"empty sender", "DQ\x01\x01\x00\x00" + one, ErrMalformed},
		{"sender is cut off", "DQ\x01\x01\x00\x02a", ErrMalformed},
		{"flag not known", "DQ\x01\x01\x02\x01a", ErrVersion},
		{"bundle", "DQ\x01\x02\x00\x01a", ErrMalformed},
		{"host is cut off", head + one[:10], ErrMalformed},
		{"parts are cut off", head + "\x01_______________" + "\x85\x05\x06", ErrMalformed},
		{"epoch is too large", head + "\x01_______________" + long + "\x06\x01", ErrMalformed},
		{"sequence is too large", head + "\x01_______________" + "\x05" + long + "\x01", ErrMalformed},
		{"no parts", head + "\x01_______________" + "\x05\x06\x00", ErrMalformed},
		{"zero host", head + strings.Repeat("\x00", 16) + "\x05\x06\x01", ErrMalformed},
		{"order", head + two + one, ErrMalformed},
		{"twice", head + one + one, ErrMalformed},
		{"rest", head + one + "\x00", ErrMalformed},
	} {
		if _, err := parseDigest([]byte(c.message)); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", c.name, err)
		}
		if a, err := newStore(t, "b").Answer([]byte(c.message), start); !errors.Is(err, c.err) || a.Bundles != nil || a.Digest != nil {
			t.Errorf("%s: answered %v, %v", c.name, a, err)
		}
	}
}

func TestMalformedBundle(t *testing.T) {
	good := "\x6f" + strings.Repeat("p", record.MinPacket)
	for _, c := range []struct {
		name, packets string
	}{
		{"empty packet", "\x00"},
		{"short packet", "\x6e" + strings.Repeat("p", 110)},
		{"long packet", "\xf9\x0a" + strings.Repeat("p", 1401)},
		{"cut off", good[:50]},
		{"length is cut off", good + "\x80"},
		{"length is too large", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02" + good},
		{"largest length", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" + good},
		{"too many", strings.Repeat(good, maxPackets+1)},
	} {
		packets, err := DecodeBundle([]byte("DQ\x01\x02" + c.packets))
		if !errors.Is(err, ErrMalformed) || packets != nil {
			t.Errorf("%s: %d packets, %v", c.name, len(packets), err)
		}
	}
	if _, err := DecodeBundle([]byte("DQ\x01\x01\x00\x01a")); !errors.Is(err, ErrMalformed) {
		t.Errorf("digest: %v", err)
	}
	if packets, err := DecodeBundle([]byte("DQ\x01\x02" + strings.Repeat(good, maxPackets))); len(packets) != maxPackets || err != nil {
		t.Errorf("%d packets, %v", len(packets), err)
	}
}
