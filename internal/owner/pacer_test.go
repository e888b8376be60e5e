package owner

import (
	"testing"
	"time"
)

func TestPacerDoublesTheWait(t *testing.T) {
	p := pacer[uint32]{least: time.Second, base: time.Second}
	now := time.Unix(1000, 0)
	var scans []int // seconds at which a key that is never found was looked for
	for second := range 100 {
		at := now.Add(time.Duration(second) * time.Second)
		if p.due(7, at) {
			scans = append(scans, second)
			p.scanned(at, at)
			p.missed(7, at)
		}
	}
	want := []int{0, 1, 3, 7, 15, 31, 63, 95}
	if len(scans) != len(want) {
		t.Fatalf("scanned at %v, want %v", scans, want)
	}
	for i := range want {
		if scans[i] != want[i] {
			t.Fatalf("scanned at %v, want %v", scans, want)
		}
	}
}

func TestPacerLetsNewKeysThroughAfterTheGap(t *testing.T) {
	p := pacer[uint32]{least: time.Second, base: time.Minute}
	now := time.Unix(1000, 0)
	p.scanned(now, now)
	p.missed(7, now)
	if p.due(8, now.Add(time.Second-1)) {
		t.Error("new key within the gap")
	}
	if !p.due(8, now.Add(time.Second)) {
		t.Error("new key after the gap waits")
	}
	if p.due(7, now.Add(time.Second)) {
		t.Error("missed key does not wait")
	}
	p.found(7)
	if !p.due(7, now.Add(time.Second)) {
		t.Error("found key waits")
	}
}

func TestPacerGapGrowsWithTheCost(t *testing.T) {
	p := pacer[uint32]{least: time.Second}
	now := time.Unix(1000, 0)
	p.scanned(now.Add(-time.Second), now)
	if p.due(8, now.Add(9*time.Second-1)) || !p.due(8, now.Add(9*time.Second)) {
		t.Error("the gap after a scan of a second is not nine seconds")
	}
}

func TestPacerIsBounded(t *testing.T) {
	p := pacer[uint32]{base: time.Second}
	for key := range uint32(3 * maxWaiting) {
		p.missed(key, time.Unix(1000, 0))
	}
	if len(p.waiting) > maxWaiting {
		t.Errorf("%d keys wait, limit %d", len(p.waiting), maxWaiting)
	}
}
