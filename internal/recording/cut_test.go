package recording

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/export/pcapng"
	"dropwatch/internal/export/rotate"
	"dropwatch/internal/report"
	"dropwatch/internal/session"
)

// A file is played up to any byte that it may be cut at, never as if it were
// whole.
func TestReplayCut(t *testing.T) {
	live := record(t, &fake{drops: dropped(10), stats: missed}, Config{All: true})
	ends := bytes.LastIndex(live.file, []byte(`{"at"`)) // the end block's
	before := -1
	for n := 0; n < len(live.file); n += 3 {
		source, err := Open(bytes.NewReader(live.file[:n]), Options{})
		if err != nil {
			if n > 1000 {
				t.Fatalf("cut at %d: %v", n, err)
			}
			continue
		}
		packets := 0
		if err := source.Receive(time.Time{}, func(*dropmon.Drop) { packets++ }); err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if packets < before || packets > 10 {
			t.Fatalf("cut at %d: %d packets after %d", n, packets, before)
		}
		before = packets
		if warned := len(source.Warnings()) > 0; n < ends && !warned {
			t.Fatalf("cut at %d: no warning", n)
		}
	}
	if before != 9 { // all but the pieces
		t.Errorf("%d packets before the end", before)
	}
}

// A recorder that is killed leaves what was missed until a second before.
func TestReplayKilled(t *testing.T) {
	f := &fake{drops: dropped(100), stats: missed}
	s := openFake(t, f)
	var file bytes.Buffer
	r, err := Begin(s, Config{Files: rotate.Config{Path: "-", Stdout: &file}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Receive(time.Now(), r.Take); err != nil {
		t.Fatal(err)
	}
	r.Tick(time.Now())
	p := play(t, file.Bytes(), Options{}, session.Config{})
	want := report.Total{Packets: 480, Bytes: p.summary.Total.Bytes, Lost: 470, Benign: 10, Fragments: 10}
	if p.summary.Total != want || p.summary.Missed != (report.Missed{Events: 3, Packets: 5, Limited: 7}) {
		t.Errorf("total %+v, missed %+v", p.summary.Total, p.summary.Missed)
	}
	if w := p.source.Warnings(); len(w) != 1 || !strings.Contains(w[0], "cut off") {
		t.Errorf("warnings %q", w)
	}
	if c := p.summary.Coverage; len(c) != 1 || c[0].What != "counters" {
		t.Errorf("coverage %+v", c)
	}
	// nothing has changed, so nothing is written
	size := file.Len()
	if r.Tick(time.Now()); file.Len() != size {
		t.Errorf("%d bytes more", file.Len()-size)
	}
}

func TestForeign(t *testing.T) {
	var other bytes.Buffer
	w, err := pcapng.NewWriter(&other, pcapng.Section{Application: "another"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddInterface(pcapng.Interface{LinkType: 1}); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	header := []byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x01\x00\x00\x00")
	for name, file := range map[string][]byte{
		"empty": nil, "short": []byte("ab"), "text": []byte("these are words"), "pcapng": other.Bytes(),
		"section alone": other.Bytes()[:28], "pcap": header, "pcap's head": header[:10],
	} {
		if _, err := Open(bytes.NewReader(file), Options{}); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Files of a rotated recording add up, and can be played together.
func TestRotated(t *testing.T) {
	dir := t.TempDir()
	f := &fake{drops: dropped(1000), stats: missed}
	live := record(t, f, Config{All: true, Files: rotate.Config{Path: filepath.Join(dir, "drops"), Size: 20000}})
	names, err := filepath.Glob(filepath.Join(dir, "drops*"))
	if err != nil || len(names) != live.result.Files || len(names) < 5 {
		t.Fatalf("%d files, %v; result %+v", len(names), err, live.result)
	}
	slices.SortFunc(names, func(x, y string) int { return len(x)*1000 - len(y)*1000 + strings.Compare(x, y) })
	var sum report.Total
	var lost uint64
	var all []byte
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, file...)
		p := play(t, file, Options{}, session.Config{All: true})
		sum.Packets += p.summary.Total.Packets
		sum.Bytes += p.summary.Total.Bytes
		sum.Lost += p.summary.Total.Lost
		sum.Benign += p.summary.Total.Benign
		sum.Fragments += p.summary.Total.Fragments
		lost += p.summary.Missed.Events + p.summary.Missed.Packets + p.summary.Missed.Limited
		if p.err != nil || len(p.source.Warnings()) > 0 {
			t.Errorf("%s: %v, %q", name, p.err, p.source.Warnings())
		}
	}
	if sum != live.summary.Total || lost != 15 {
		t.Errorf("sum %+v and %d missed, want %+v and 15", sum, lost, live.summary.Total)
	}
	p := play(t, all, Options{}, session.Config{All: true})
	if got, want := text(t, p.summary), text(t, live.summary); got != want {
		t.Errorf("all files together:\n%s\nwant\n%s", got, want)
	}
	last, err := os.ReadFile(names[len(names)-1])
	if err != nil {
		t.Fatal(err)
	}
	p = play(t, last, Options{}, session.Config{All: true})
	if c := p.summary.Coverage; len(c) == 0 || !strings.Contains(c[0].Why, "of which this is a part") {
		t.Errorf("coverage of the last file: %+v", c)
	}
	if p = play(t, append(last, last...), Options{}, session.Config{}); p.source.whole {
		t.Error("the same file twice is taken for a whole recording")
	}
}

func TestAnotherRecordingFollows(t *testing.T) {
	a := record(t, &fake{drops: dropped(3)}, Config{})
	b := record(t, &fake{drops: dropped(3)}, Config{})
	p := play(t, append(a.file, b.file...), Options{}, session.Config{})
	if p.err == nil || !strings.Contains(p.err.Error(), "another one follows") {
		t.Errorf("%v", p.err)
	}
}

func TestCount(t *testing.T) {
	live := record(t, &fake{drops: dropped(100)}, Config{Count: 17})
	p := play(t, live.file, Options{}, session.Config{Packets: true})
	if live.result.Packets != 17 || len(p.packets) != 17 || !slices.Equal(p.packets, live.packets[:17]) {
		t.Errorf("%+v, %d replayed", live.result, len(p.packets))
	}
}

// A small disk takes so many bytes.
type small int

func (s *small) Write(b []byte) (int, error) {
	if len(b) > int(*s) {
		return 0, syscall.ENOSPC
	}
	*s -= small(len(b))
	return len(b), nil
}

func TestFullDisk(t *testing.T) {
	for _, room := range []small{0, 100, 2000, 100_000} {
		s := openFake(t, &fake{drops: dropped(5000)})
		r, err := Begin(s, Config{Files: rotate.Config{Path: "-", Stdout: &room}})
		if err == nil {
			err = s.Receive(time.Now(), r.Take)
			if err != nil || !r.Done() {
				t.Fatalf("%v, done %t", err, r.Done())
			}
			_, err = r.End()
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%v", err)
		}
	}
}

// More kinds of packets, and more places, than a file has at a time.
func TestManyKinds(t *testing.T) {
	const kinds = maxRows + 1000
	var drops []dropmon.Drop
	for i := range kinds {
		d := packet(0)
		d.Process = dropmon.Process{PID: i + 1, Name: "p"}
		d.NetNS.Inode = uint32(i/3 + 1)
		drops = append(drops, d, packet(5))
	}
	live := record(t, &fake{drops: drops}, Config{})
	p := play(t, live.file, Options{}, session.Config{Packets: true})
	if !slices.Equal(live.packets, p.packets) {
		t.Error("packets differ")
	}
	blocks, devices := pcapng.NewReader(bytes.NewReader(live.file)), 0
	for {
		b, err := blocks.Next()
		if err != nil {
			break
		}
		if _, is := b.(*pcapng.Interface); is {
			devices++
		}
	}
	if devices != maxDevices+1 {
		t.Errorf("%d interfaces, want %d", devices, maxDevices+1)
	}
}
