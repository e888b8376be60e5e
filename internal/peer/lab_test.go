package peer

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/memberlist"
)

var (
	friend   = netip.MustParseAddrPort("192.0.2.1:1513")
	stranger = netip.MustParseAddrPort("198.51.100.1:1513")
)

// nowhere carries nothing.
type nowhere struct{}

func (nowhere) FinalAdvertiseAddr(string, int) (net.IP, int, error) { return net.IPv4zero, 0, nil }
func (nowhere) WriteToAddress([]byte, memberlist.Address) (time.Time, error) {
	return time.Time{}, net.ErrClosed
}
func (nowhere) DialAddressTimeout(memberlist.Address, time.Duration) (net.Conn, error) {
	return nil, net.ErrClosed
}
func (nowhere) serve(*front)    {}
func (nowhere) Shutdown() error { return nil }

func frontOf(t testing.TB, c Config) *front {
	t.Helper()
	f, err := newFront(&c, nowhere{}, defaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// friends allows all but the stranger.
func friends(from netip.AddrPort, _ int) bool { return from.Addr() != stranger.Addr() }

// seal makes a packet as the engine does. TestEngineIsOpened holds that to be so.
func seal(t testing.TB, version byte, key, label, message []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	// the same in each process of a fuzz test
	sum := sha256.Sum256(slices.Concat(key, label, []byte{version}, message))
	nonce := sum[:12]
	packet := append([]byte{244, byte(len(label))}, label...)
	packet = append(append(packet, version), nonce...)
	return aead.Seal(packet, nonce, message, label)
}

func sealed(t testing.TB, key byte, message string) []byte {
	return seal(t, 1, bytes.Repeat([]byte{key}, 32), []byte("dropwatch"), []byte(message))
}

func withCRC(message string) string {
	b := binary.BigEndian.AppendUint32([]byte{12}, crc32.ChecksumIEEE([]byte(message)))
	return string(b) + message
}

func user(record string) string { return "\x08" + record }

// since is what became of packets after the counts before.
func (after Counts) since(before Counts) Counts {
	return Counts{
		Records: after.Records - before.Records, Passed: after.Passed - before.Passed,
		KernelDropped: after.KernelDropped - before.KernelDropped, TooLong: after.TooLong - before.TooLong,
		Network: after.Network - before.Network, Label: after.Label - before.Label, OldKey: after.OldKey - before.OldKey,
		NotOpened: after.NotOpened - before.NotOpened, Malformed: after.Malformed - before.Malformed, Busy: after.Busy - before.Busy,
	}
}

// packets is the number of all that came as packets.
func (c Counts) packets() uint64 {
	return c.Records + c.Passed + c.TooLong + c.Network + c.Label + c.OldKey + c.NotOpened + c.Malformed + c.Busy
}

// waitFor waits until the counts are as wanted.
func waitFor(t *testing.T, f *front, want Counts) {
	t.Helper()
	end := time.Now().Add(patience)
	for ; f.counted.now() != want && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
	}
	if diff := cmp.Diff(want, f.counted.now()); diff != "" {
		t.Fatalf("counts (-want +got):\n%s", diff)
	}
}
