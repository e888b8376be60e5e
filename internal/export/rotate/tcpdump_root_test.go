package rotate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// need tells where a program is.
func need(t *testing.T, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("DROPWATCH_CI") != "" {
		t.Fatalf("%v: install the package %s", err, pkg)
	}
	t.Skipf("%v: install the package %s", err, pkg)
	return ""
}

// capture is a file of packets, each with its number in it: the header and the
// records.
func capture(packets, bytes int) (header []byte, records [][]byte) {
	numbers := func(list ...uint32) (b []byte) {
		for _, n := range list {
			b = binary.NativeEndian.AppendUint32(b, n)
		}
		return b
	}
	header = numbers(0xa1b2c3d4, 0, 0, 0, 262144, 1)
	binary.NativeEndian.PutUint16(header[4:], 2)
	binary.NativeEndian.PutUint16(header[6:], 4)
	for i := range packets {
		record := numbers(1_700_000_000+uint32(i), 0, uint32(bytes), uint32(bytes), uint32(i))
		records = append(records, append(record, make([]byte, bytes-4)...))
	}
	return header, records
}

// rotated writes a capture as the recorder would. It asks the time once at the
// start and then once a packet, like tcpdump, and each time a second has passed.
func rotated(t *testing.T, c Config, header []byte, records [][]byte, clock time.Time) {
	t.Helper()
	f, err := Open(c, clock)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size := int64(0)
	write := func(b []byte) {
		n, err := f.Write(b)
		if err != nil {
			t.Fatal(err)
		}
		size += int64(n)
	}
	write(header)
	for _, record := range records {
		clock = clock.Add(time.Second)
		turn, err := f.Turn(clock, size)
		if errors.Is(err, ErrLast) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if turn {
			if err := f.Next(); err != nil {
				t.Fatal(err)
			}
			size = 0
			write(header)
		}
		write(record)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestRootRotateLikeTcpdump has tcpdump write a capture by the same rules: the
// names must be the same, and each file to the last byte. tcpdump takes the time
// from a clock of ours.
func TestRootRotateLikeTcpdump(t *testing.T) {
	tcpdump, gcc := need(t, "tcpdump", "tcpdump"), need(t, "gcc", "gcc")
	clock := filepath.Join(t.TempDir(), "clock.so")
	if out, err := exec.Command(gcc, "-shared", "-fPIC", "-o", clock, "testdata/clock.c").CombinedOutput(); err != nil {
		t.Fatalf("build clock: %v\n%s", err, out)
	}
	begin := time.Unix(1_000_000_000, 0).In(time.FixedZone("XYZ", 9000))
	for _, test := range []struct {
		path                string
		size, every, count  int // -C, -G, -W
		packets, bytes, min int // the least number of files there must be
	}{
		{"x.pcap", 0, 0, 0, 10, 100, 1},
		{"x%S.pcap", 0, 0, 3, 10, 100, 1},
		{"x%S.pcap", 1, 0, 0, 60, 60000, 4},
		{"x.pcap", 1, 0, 1, 60, 60000, 1},
		{"x.pcap", 1, 0, 3, 100, 60000, 3},
		{"x.pcap", 2, 0, 2, 100, 60000, 2},
		{"x.pcap", 1, 0, 10, 100, 60000, 6},
		{"x.pcap", 1, 0, 11, 30, 60000, 2},
		{"x.pcap", 1, 0, 101, 30, 60000, 2},
		{"x-%Y%m%dT%H%M%S-%s-%j-%a%z%Z.pcap", 0, 3, 0, 20, 100, 7},
		{"x%S.pcap", 0, 1, 0, 20, 100, 20},
		{"x.pcap", 0, 3, 0, 20, 100, 1},
		{"x%S", 0, 3, 1, 20, 100, 1},
		{"x%S", 0, 3, 2, 20, 100, 2},
		{"x%S", 0, 3, 99, 20, 100, 7},
		{"x%%%S", 0, 100, 2, 20, 100, 1},
		{"x%s-", 1, 30, 0, 70, 60000, 5},
		{"x%s-", 1, 20, 3, 70, 60000, 7},
		{"x%s-", 1, 100, 2, 90, 60000, 2},
		{"x", 1, 20, 2, 90, 60000, 2},
	} {
		name := fmt.Sprintf("-w %s -C %d -G %d -W %d", test.path, test.size, test.every, test.count)
		header, records := capture(test.packets, test.bytes)
		input := slices.Concat(append([][]byte{header}, records...)...)

		theirs, ours := t.TempDir(), t.TempDir()
		args := []string{"-Z", "root", "-r", "-", "-w", filepath.Join(theirs, test.path)}
		for option, n := range map[string]int{"-C": test.size, "-G": test.every, "-W": test.count} {
			if n > 0 {
				args = append(args, option, strconv.Itoa(n))
			}
		}
		c := exec.Command(tcpdump, args...)
		c.Stdin = bytes.NewReader(input)
		c.Env = append(os.Environ(), "TZ=XYZ-02:30", "LC_ALL=C", "CLOCK="+strconv.FormatInt(begin.Unix(), 10), "LD_PRELOAD="+clock)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		rotated(t, Config{
			Path: filepath.Join(ours, test.path), Size: int64(test.size) * 1e6,
			Every: time.Duration(test.every) * time.Second, Count: test.count,
		}, header, records, begin)

		want, got := contents(t, theirs), contents(t, ours)
		if !maps.Equal(want, got) || len(want) < test.min {
			t.Errorf("%s: tcpdump wrote %s, we %s", name, sizes(want), sizes(got))
		}
	}
}

func sizes(all map[string]string) (list []string) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, fmt.Sprintf("%s=%d", name, len(all[name])))
	}
	return list
}
