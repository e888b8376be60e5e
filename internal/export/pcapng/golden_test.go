package pcapng

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// frames are a UDP packet with its Ethernet header, and one without.
var (
	ethernet = decodeHex("020000000002" + "020000000001" + "0800" + "45000020000140004011" + "26ca" + "0a0000010a000002" + "0fa00009000c0000" + "64726f70")
	ip       = ethernet[14:]
)

func decodeHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// goldenBlocks has everything that the writer writes.
func goldenBlocks() []Block {
	start := time.Unix(1_700_000_000, 1)
	return []Block{
		&Section{Hardware: "x86_64", OS: "Linux 6.18", Application: "dropwatch", Comments: []string{"first", "Zweiter: ü"}},
		&Interface{ID: 0, Name: "eth0", Description: "eth0 of web", LinkType: 1, Snap: 128},
		&Interface{ID: 1, Name: "tun0", Description: "tun0", Hardware: "tun", OS: "Linux", LinkType: 101},
		&Local{Kind: 1, Payload: []byte(`{"a":1}`)},
		&Packet{Interface: 0, Time: 1_700_000_000_123_456_789, Length: uint32(len(ethernet)), Row: 1, Data: ethernet, Comment: []byte("NO_SOCKET in udp_queue_rcv_one_skb")},
		&Packet{Interface: 1, Time: 1_700_000_001_000_000_001, Length: 1500, Row: 0x01020304, Data: ip, Comment: []byte("NETFILTER_DROP, Regel ü")},
		&Packet{Interface: 1, Time: 1_700_000_002_999_999_999, Length: 1400, Data: ip[:30]},
		&Packet{Interface: 0, Time: 1_700_000_003_000_000_000, Length: 60},
		&Statistics{Interface: 0, Start: start, End: start.Add(3 * time.Second), Received: new(uint64(1 << 33)), Dropped: new(uint64(2)), OSDropped: new(uint64(0)), Comment: "missed 2"},
		&Statistics{Interface: 1},
	}
}

// goldenFile is the same, made apart from the writer.
func goldenFile(f *builder) []byte {
	resolution := f.option(9, []byte{9})
	end := f.option(0, nil)
	f.section(f.text(2, "x86_64"), f.text(3, "Linux 6.18"), f.text(4, "dropwatch"), f.text(1, "first"), f.text(1, "Zweiter: ü"), end)
	f.device(1, 128, f.text(2, "eth0"), f.text(3, "eth0 of web"), resolution, end)
	f.device(101, 0, f.text(2, "tun0"), f.text(3, "tun0"), f.text(15, "tun"), f.text(12, "Linux"), resolution, end)
	f.block(0x80000D0F, f.n32(1), f.n32(7), []byte(`{"a":1}`))
	f.packet(0, 1_700_000_000_123_456_789, string(ethernet), uint32(len(ethernet)), f.text(1, "NO_SOCKET in udp_queue_rcv_one_skb"), f.option(0x8001, f.n32(1)), end)
	f.packet(1, 1_700_000_001_000_000_001, string(ip), 1500, f.text(1, "NETFILTER_DROP, Regel ü"), f.option(0x8001, f.n32(0x01020304)), end)
	f.packet(1, 1_700_000_002_999_999_999, string(ip[:30]), 1400)
	f.packet(0, 1_700_000_003_000_000_000, "", 60)
	const first, last = 1_700_000_000_000_000_001, 1_700_000_003_000_000_001
	f.block(5, f.n32(0), f.ticks(last), f.text(1, "missed 2"), f.option(2, f.ticks(first)), f.option(3, f.ticks(last)),
		f.option(4, f.n64(1<<33)), f.option(5, f.n64(2)), f.option(7, f.n64(0)), end)
	f.block(5, f.n32(1), f.ticks(0))
	return f.b
}

func goldenName(order binary.ByteOrder) string {
	return filepath.Join("testdata", order.String()+".pcapng")
}

// TestGolden has the two files, which hold the same in either byte order, stay
// what they are. With UPDATE_GOLDEN set it makes them anew.
func TestGolden(t *testing.T) {
	for _, f := range orders() {
		name, made := goldenName(f.order), goldenFile(f)
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(name, made, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(file, made) {
			t.Errorf("%s is not what the test makes:\n%x\n%x", name, file, made)
		}
		all, err := readAll(bytes.NewReader(file))
		if diff := cmp.Diff(goldenBlocks(), all, same); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
}

// TestGoldenWriter has the writer make the one of the host's byte order.
func TestGoldenWriter(t *testing.T) {
	name := "LittleEndian"
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		name = "BigEndian"
	}
	want, err := os.ReadFile(filepath.Join("testdata", name+".pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := writeAll(&b, goldenBlocks()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, b.Bytes()) {
		t.Errorf("want\n%x\ngot\n%x", want, b.Bytes())
	}
}
