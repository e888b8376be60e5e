package shell

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// No order of keys makes the line editor crash or hang, also while lines come
// from elsewhere and the terminal changes its width. The keys differ from run
// to run; a failure prints the seed.
func TestPromptAnyKeys(t *testing.T) {
	// Neither Enter nor Ctrl-C: outside of raw mode the terminal would discard
	// some of the keys.
	keys := []string{
		"\x12", "\x13", "\t", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[3~", "\x7f", "\x17", "\x15", "\x0b",
		"\x19", "\x14", "\x01", "\x05", "\x07", "a", "st", "é", "世界", "\xff", "\x1bb", "\x1bf", "\x1bd", "\x1b\x7f",
		"set ", "'", "\\", "\x0c", "\x1b[99;1R", "\x1bOA", "\x1b[1;5C", "load with", "\x00", "\x1a", "\x1b",
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "state", "history")
	h, _ := openedHistory(t, path)
	for _, line := range []string{"stop", "set alertmode packet", "load 世界"} {
		must(t, h.add(line))
	}
	run := startPrompt(t, Config{HistoryFile: path})
	run.untilLast(t, "tool>")
	t.Logf("seed %d", seed)
	for range 1000 {
		run.typeKeys(t, keys[random.IntN(len(keys))])
		switch random.IntN(20) {
		case 0:
			run.shell.Session().Print("background\n")
		case 1:
			run.setWidth(t, uint16(random.IntN(60)))
			run.shellSignal(t, unix.SIGWINCH)
		}
		run.drain()
	}
	run.setWidth(t, 80)
	run.shellSignal(t, unix.SIGWINCH)
	run.typeKeys(t, "\x07\x07\x05\x15done")
	run.untilLast(t, "tool> done")
	run.typeKeys(t, "\x15\x04")
	run.end(t)
}
