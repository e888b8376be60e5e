package hoststat

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dropwatch/counters/rtstat"
	"golang.org/x/sys/unix"
)

// noon is when the samples of tests are taken.
func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// fixed makes a Reader of a tree of files, and answers of its own where there
// are no files.
func fixed(t *testing.T, config Config) *Reader {
	t.Helper()
	r := New(config)
	t.Cleanup(func() { r.Close() })
	r.host = host{
		now: noon,
		uname: func(name *unix.Utsname) error {
			copy(name.Nodename[:], "alpha")
			copy(name.Release[:], filepath.Base(config.Root))
			copy(name.Machine[:], "x86_64")
			return nil
		},
		adjtimex: func(t *unix.Timex) (int, error) {
			t.Status = unix.STA_PLL | unix.STA_NANO
			t.Offset, t.Esterror, t.Maxerror = -250_000, 40, 1500
			return 0, nil
		},
		alive:   func(uint64) bool { return true },
		touched: func(string) (time.Time, error) { return noon().Add(-90 * time.Second), nil },
		links: func() ([]rtstat.Link, error) {
			return []rtstat.Link{{Index: 1, Name: "lo", Flags: unix.IFF_UP, Stats: linkStats(10)}}, nil
		},
	}
	r.prober.statfs = func(_ string, to *unix.Statfs_t) error {
		*to = unix.Statfs_t{Bsize: 4096, Frsize: 4096, Blocks: 1000, Bfree: 500, Bavail: 400, Files: 100, Ffree: 60}
		return nil
	}
	return r
}

// linkStats are statistics of an interface that all have the same value.
func linkStats(value uint64) []rtstat.Named {
	var stats []rtstat.Named
	for _, name := range []string{"rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_errors", "tx_errors",
		"rx_dropped", "tx_dropped", "multicast", "collisions", "rx_length_errors", "rx_over_errors", "rx_crc_errors",
		"rx_frame_errors", "rx_fifo_errors", "rx_missed_errors"} {
		stats = append(stats, rtstat.Named{Name: name, Value: value, Bits: 64})
	}
	return stats
}

// plant writes files below a directory.
func plant(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// asJSON also holds that every status can be sent.
func asJSON(t *testing.T, s Status) string {
	t.Helper()
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}
