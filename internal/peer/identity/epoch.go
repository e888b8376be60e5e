package identity

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const epochFile = "epoch"

// maxEpochFile is the longest number and its newline.
const maxEpochFile = 24

// NextEpoch returns the number of this start of the agent, larger than that of
// every earlier start with the same state directory, and stores it there before
// it returns. With a sequence from 0 on in each epoch, no pair of both is used
// twice.
//
// It is the time in Unix seconds, or one more than the last epoch if that is
// larger. So it also rises when the clock was set back (the stored number
// counts), and when the number was lost but the key restored (the clock counts).
// A hash of the boot id would tell boots apart, but not which one was first.
//
// When it cannot be read or stored there is an error and an epoch of the clock:
// to send with it is safe as long as the clock does not go back.
func NextEpoch(dir string, now time.Time) (uint64, error) {
	path := filepath.Join(dir, epochFile)
	clock := uint64(max(now.Unix(), 1))
	last, err := readEpoch(path)
	if err != nil {
		return clock, err
	}
	epoch := max(clock, last+1)
	RemoveTemps(path)
	if err := ReplaceFile(path, []byte(strconv.FormatUint(epoch, 10)+"\n"), 0o600); err != nil {
		return epoch, fmt.Errorf("store start number: %w", err)
	}
	return epoch, nil
}

// readEpoch returns 0 when nothing was stored yet.
func readEpoch(path string) (uint64, error) {
	data, err := os.ReadFile(path)
	if missing(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read start number: %w", err)
	}
	text := strings.TrimSuffix(string(data[:min(len(data), maxEpochFile)]), "\n")
	last, err := strconv.ParseUint(text, 10, 64)
	if err != nil || last == math.MaxUint64 {
		return 0, fmt.Errorf("read start number: %s holds %.24q, not a number: remove it if the clock is right", path, data)
	}
	return last, nil
}
