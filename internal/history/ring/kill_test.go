package ring

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dropwatch/internal/values"
)

const writerPath = "DROPWATCH_TEST_RING"

// TestMain is the writer when it is told to be: it writes as fast as it can
// until it is killed. All values of a time are that time.
func TestMain(m *testing.M) {
	path := os.Getenv(writerPath)
	if path == "" {
		os.Exit(m.Run())
	}
	f, err := Open(path)
	if err == nil {
		at := f.state.last
		if at == 0 {
			at = start.UnixNano()
		}
		for n := 0; err == nil; n++ {
			at += int64(10 * time.Second)
			err = f.Update(time.Unix(0, at), clocks(at))
			if n == 0 {
				fmt.Println("ready")
			}
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// clocks are values that tell their time, so that a row of two times is seen.
func clocks(at int64) []values.Value {
	list := make([]values.Value, 20)
	for i := range list {
		list[i] = values.Value{Name: "clock", Of: fmt.Sprint(i), Number: float64(at / int64(time.Second))}
	}
	return list
}

var clockConfig = Config{Slots: 20, Archives: []Archive{
	{Step: 10 * time.Second, Rows: 500}, {Step: time.Minute, Rows: 500, Max: true}, {Step: time.Hour, Rows: 50, Max: true},
}}

// checkClocks reads everything and returns how many points were known.
func checkClocks(t *testing.T, path string, settled bool) (known int) {
	t.Helper()
	v, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if n := len(v.Keys()); n != 20 && !v.Last().IsZero() {
		t.Fatalf("%d values", n)
	}
	for _, key := range v.Keys() {
		for a := range v.Config().Archives {
			s, err := v.Rows(key.Key, a)
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range s.Average {
				end := float64(s.Start.Add(time.Duration(i+1) * s.Step).Unix())
				switch {
				case math.IsNaN(got):
				case end-s.Step.Seconds() <= float64(start.Unix()): // begins with what is unknown
				case got != end-(s.Step.Seconds()-10)/2 || s.Max[i] != end:
					t.Fatalf("%s in steps of %v: %v, highest %v at %v", key.Key, s.Step, got, s.Max[i], end)
				default:
					known++
				}
			}
			// What the writer overtakes while we read is unknown then.
			if settled && s.Torn > 1 {
				t.Fatalf("%s in steps of %v: %d torn rows", key.Key, s.Step, s.Torn)
			}
			if gaps := inner(s.Average); settled && gaps > 0 {
				t.Fatalf("%s in steps of %v: %d gaps", key.Key, s.Step, gaps)
			}
		}
	}
	return known
}

// inner counts the unknown points between known ones.
func inner(list []float64) (gaps int) {
	first, last := -1, -1
	for i, v := range list {
		if !math.IsNaN(v) {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	for i := first; i >= 0 && i <= last; i++ {
		if math.IsNaN(list[i]) {
			gaps++
		}
	}
	return gaps
}

// TestKilledWriter kills writers at any moment, and reads all the time. Nothing
// that a killed writer wrote is wrong or missing, and the next one goes on.
func TestKilledWriter(t *testing.T) {
	f := create(t, clockConfig)
	f.Close()
	kills, reads, known := 0, 0, 0
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); kills++ {
		stop := startWriter(t, f.path)
		until := time.Now().Add(time.Duration(kills*37%50) * time.Millisecond)
		for first := true; first || time.Now().Before(until); first = false {
			known += checkClocks(t, f.path, false)
			reads++
		}
		stop()
		checkClocks(t, f.path, true)
	}
	t.Logf("%d writers killed, %d reads while they wrote, %d points, %d updates", kills, reads, known, read(t, f.path).Counts().Updates)
	if kills < 5 || reads < kills || known < 1000 {
		t.Errorf("only %d writers killed, %d reads, %d points", kills, reads, known)
	}
}

// startWriter returns when the writer writes.
func startWriter(t *testing.T, path string) (kill func()) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), writerPath+"="+path)
	var errors strings.Builder
	child.Stderr = &errors
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var word [5]byte
	if _, err := out.Read(word[:]); err != nil || string(word[:]) != "ready" {
		child.Process.Kill()
		child.Wait()
		t.Fatalf("writer says %q, %v: %s", word, err, &errors)
	}
	return func() {
		child.Process.Kill()
		child.Wait() // an error: it was killed
	}
}

// TestReaders read while one writes, in one process, for the race detector.
func TestReaders(t *testing.T) {
	f := create(t, clockConfig)
	now := start.UnixNano()
	var group sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					checkClocks(t, f.path, false)
				}
			}
		})
	}
	for range 1500 {
		now += int64(10 * time.Second)
		if err := f.Update(time.Unix(0, now), clocks(now)); err != nil {
			t.Error(err)
			break
		}
	}
	close(stop)
	group.Wait()
	if known := checkClocks(t, f.path, true); known < 20*500 {
		t.Errorf("%d points at the end", known)
	}
}

func BenchmarkUpdate(b *testing.B) {
	f, err := Create(filepath.Join(b.TempDir(), "x"), "", Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	list := make([]values.Value, 24)
	for i := range list {
		list[i] = values.Value{Name: "interface.rx_bytes", Of: fmt.Sprint("eth", i), Number: float64(i)}
	}
	now := start
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(10 * time.Second)
		if err := f.Update(now, list); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFetch(b *testing.B) {
	f, err := Create(filepath.Join(b.TempDir(), "x"), "", Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for i := range 2500 {
		if err := f.Update(at(10*i), one("a", float64(i))); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		v, err := Read(f.path)
		if err != nil {
			b.Fatal(err)
		}
		if s, err := v.Fetch("a", at(25000-6*3600), at(25000), 800); err != nil || len(s.Average) < 700 {
			b.Fatal(s, err)
		}
		v.Close()
	}
}
