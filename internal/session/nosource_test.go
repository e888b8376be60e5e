package session

import (
	"errors"
	"testing"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/report"
)

func TestStandIn(t *testing.T) {
	why := errors.New("no privileges")
	for name, test := range map[string]struct {
		config    Config
		countable bool
		want      bool
	}{
		"asked for":           {Config{CountersAlone: true}, true, true},
		"auto by name":        {Config{CountersAlone: true, Source: "auto"}, true, true},
		"a source by name":    {Config{CountersAlone: true, Source: "ebpf"}, true, false},
		"not asked for":       {Config{}, true, false},
		"counters of no help": {Config{CountersAlone: true}, false, false},
	} {
		source := test.config.standIn(why, test.countable)
		if (source != nil) != test.want {
			t.Errorf("%s: %v", name, source)
		}
	}
}

func TestNoSource(t *testing.T) {
	why := errors.New("no privileges")
	source := (&Config{CountersAlone: true}).standIn(why, true)
	never := func(*dropmon.Drop) { t.Error("a drop out of nothing") }
	source.Wake()
	source.Wake()
	begin := time.Now()
	if err := source.Receive(begin.Add(time.Hour), never); err != nil || time.Since(begin) > time.Minute {
		t.Errorf("woken after %v: %v", time.Since(begin), err)
	}
	if err := source.Receive(time.Now().Add(-time.Second), never); err != nil {
		t.Error(err)
	}
	stats, err := source.Stats()
	if err != nil || !stats.AtLeast {
		t.Errorf("stats %+v, %v: what is not seen must not look like nothing", stats, err)
	}
	if source.Name() != report.SourceCounters || len(source.Notes()) != 1 || source.Stop() != nil || source.Close() != nil {
		t.Errorf("%q, notes %q", source.Name(), source.Notes())
	}
	if err := (&Session{source: source}).blind(); !errors.Is(err, why) {
		t.Errorf("blind: %v", err)
	}
	if err := (&Session{source: &fake{}}).blind(); err != nil {
		t.Errorf("a source that works is blind: %v", err)
	}
}
