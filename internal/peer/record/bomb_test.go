package record

import (
	"errors"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// TestEnormousPayload holds what a member with a key can make others allocate:
// payloads that grow, and lists of as many empty rows as fit.
func TestEnormousPayload(t *testing.T) {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderDictRaw(dictionaryNumber, dictionary))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	rows := func(n int) []byte { // empty rows in each list of drops
		list := func(tag uint64) []byte {
			return appendBytes([]byte{byte(tag<<1 | formBytes)}, func(b []byte) []byte { return append(b, make([]byte, n)...) })
		}
		drops := append(list(9), list(10)...)
		return append([]byte{0}, appendBytes([]byte{3<<1 | formBytes}, func(b []byte) []byte { return append(b, drops...) })...)
	}
	for _, c := range []struct {
		name    string
		payload []byte
		want    error
	}{
		{"grows to 10 MB", make([]byte, 10<<20), ErrMalformed},
		{"just too large", make([]byte, maxPayload+1), ErrMalformed},
		{"too many rows", rows(maxItems + 1), ErrMalformed},
		{"as many rows as may be", rows(maxItems), nil},
	} {
		packet := wrap(e.EncodeAll(c.payload, nil), true)
		if len(packet) > MaxDatagram {
			t.Fatalf("%s: %d bytes", c.name, len(packet))
		}
		got := allocated(func() {
			if _, err := Decode(packet); !errors.Is(err, c.want) {
				t.Fatalf("%s: %v", c.name, err)
			}
		})
		t.Logf("%s: packet of %d bytes, %d bytes allocated", c.name, len(packet), got)
		if got == 0 || got > 128<<10 {
			t.Errorf("%s: %d bytes allocated", c.name, got)
		}
	}
}

// allocated returns the bytes that f allocates, on average.
func allocated(f func()) uint64 {
	const runs = 50
	f() // what is made once
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / runs
}
