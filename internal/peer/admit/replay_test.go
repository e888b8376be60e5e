package admit

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dropwatch/internal/peer/identity"
)

var trust = identity.Policy{FirstUse: true}

// TestRestartDoesNotReopenReplay ends the gate at every moment, killed or
// stopped, and then replays all that was ever taken.
func TestRestartDoesNotReopenReplay(t *testing.T) {
	for _, c := range []struct {
		name   string
		saves  bool // the owner calls Save in between
		closed bool
		refuse uint64 // most records that are refused after the start
	}{
		{"killed", false, false, 2},
		{"killed after saves", true, false, 2},
		{"stopped", true, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newSender(t, 1, "a")
			for records := range uint64(9) {
				dir := t.TempDir()
				g := newGate(t, dir, trust, nil)
				var sent [][]byte
				for seq := range records {
					packet := a.one(7, seq+1, start)
					sent = append(sent, packet)
					expect(t, g, packet, start, Taken)
					if c.saves {
						if err := g.Save(start); err != nil {
							t.Fatal(err)
						}
					}
				}
				if c.closed {
					if err := g.Close(); err != nil {
						t.Fatal(err)
					}
				}
				g = newGate(t, dir, trust, nil)
				for _, packet := range sent {
					expect(t, g, packet, start, Replayed)
				}
				refused := uint64(0)
				for seq := records + 1; ; seq++ {
					if _, v := arrive(g, a.one(7, seq, start), source, start); v == Taken {
						break
					}
					refused++
				}
				if refused > c.refuse {
					t.Errorf("%d new records were refused after %d", refused, records)
				}
				expect(t, g, a.one(6, 1000, start), start, OldEpoch)
			}
		})
	}
}

// TestRestartOfTheSenderIsTakenAtOnce holds that a new epoch is not held back
// by a mark ahead.
func TestRestartOfTheSenderIsTakenAtOnce(t *testing.T) {
	dir := t.TempDir()
	a := newSender(t, 1, "a")
	expect(t, newGate(t, dir, trust, nil), a.one(7, 5, start), start, Taken)
	g := newGate(t, dir, trust, nil) // the one before was killed
	expect(t, g, a.one(7, 7, start), start, Replayed)
	first := a.one(8, 0, start)
	expect(t, g, first, start, Taken)
	expect(t, newGate(t, dir, trust, nil), first, start, Replayed)
}

// TestSavesAreFew holds that what comes with an owner that calls Save costs a
// write for some records only, and one that jumps cannot make many.
func TestSavesAreFew(t *testing.T) {
	dir := t.TempDir()
	g := newGate(t, dir, trust, func(c *Config) { c.HostRate, c.SourceRate = 1e6, 1e6 })
	a := newSender(t, 1, "a")
	writes := 0
	last := time.Time{}
	look := func() {
		info, err := os.Stat(filepath.Join(dir, "marks"))
		if err != nil {
			t.Fatal(err)
		}
		if !info.ModTime().Equal(last) {
			writes++
			last = info.ModTime()
		}
	}
	now := start
	for seq := range uint64(40) {
		now = now.Add(10 * time.Second)
		expect(t, g, a.one(7, seq+1, now), now, Taken)
		look()
		if err := g.Save(now); err != nil {
			t.Fatal(err)
		}
		look()
	}
	if writes > 22 {
		t.Errorf("%d writes for 40 records", writes)
	}
	unsaved := 0
	for i := range uint64(400) {
		now = now.Add(time.Millisecond)
		if _, v := arrive(g, a.one(7, 1000*(i+1), now), source, now); v == Unsaved {
			unsaved++
		}
	}
	if unsaved < 150 {
		t.Errorf("%d of 400 jumps were refused", unsaved)
	}
}

// TestFullDisk holds that records are taken when marks cannot be written, and
// that the owner can tell.
func TestFullDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	g := newGate(t, dir, trust, nil)
	if err := os.Rename(dir, dir+".away"); err != nil { // no file can be made
		t.Fatal(err)
	}
	a := newSender(t, 1, "a")
	for seq := range uint64(10) {
		packet := a.one(7, seq+1, start)
		expect(t, g, packet, start, Taken)
		expect(t, g, packet, start, Replayed)
	}
	if err := g.Save(start); err == nil || g.SaveError() == nil {
		t.Error("no error although nothing can be saved")
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	if err := g.Save(start.Add(time.Minute)); err != nil || g.SaveError() != nil {
		t.Errorf("after it is repaired: %v, %v", err, g.SaveError())
	}
	expect(t, newGate(t, dir, trust, nil), a.one(7, 10, start), start, Replayed)
}

func TestMarksFile(t *testing.T) {
	want := map[identity.ID]mark{{1}: {1, 2}, {2}: {3, 1 << 63}}
	data := formatMarks(want)
	got, err := parseMarks(data)
	if err != nil || len(got) != 2 || got[identity.ID{2}] != want[identity.ID{2}] {
		t.Errorf("got %v, %v", got, err)
	}
	for i := range data {
		bad := append([]byte(nil), data...)
		bad[i] ^= 1
		if _, err := parseMarks(bad); err == nil {
			t.Fatalf("byte %d can be changed", i)
		}
		if _, err := parseMarks(data[:i]); err == nil {
			t.Fatalf("cut to %d bytes and taken", i)
		}
	}
	path := filepath.Join(t.TempDir(), "marks")
	if err := os.WriteFile(path, data[:20], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Marks: path}); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("broken file: %v", err)
	}
	if _, err := New(Config{Marks: filepath.Join(path, "x")}); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("file below a file: %v", err)
	}
}

func FuzzMarks(f *testing.F) {
	f.Add(formatMarks(nil))
	f.Add(formatMarks(map[identity.ID]mark{{1}: {1, 2}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		marks, err := parseMarks(data)
		if err != nil {
			return
		}
		again, err := parseMarks(formatMarks(marks))
		if err != nil || len(again) != len(marks) {
			t.Fatalf("%d marks became %d, %v", len(marks), len(again), err)
		}
	})
}
