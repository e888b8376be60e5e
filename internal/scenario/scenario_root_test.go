package scenario

import (
	"os"
	"testing"

	"dropwatch/dropmon"
)

// TestRootScenarios makes every drop of the table on the running kernel and
// demands that each source sees exactly these, as far as it tells them apart.
// Each scenario is played once while all sources watch, and once more for the
// summaries of the drop monitor, which has one mode at a time.
func TestRootScenarios(t *testing.T) {
	needRoot(t)
	tried := tryAll(All())
	tried.checkLacking(t)
	var labs pool
	defer labs.close(t)
	configs := []dropmon.Config{{Source: "ebpf"}, {Source: "tracefs"}}
	if inGuest() {
		configs = append(configs, dropmon.Config{Source: "netdm"})
	}
	var possible []Scenario
	t.Run("single", func(t *testing.T) {
		mountTracefs(t)
		host := openHost(t, configs...)
		for _, s := range All() {
			t.Run(s.Name, func(t *testing.T) {
				tried.needed(t, append([]Need{VirtualNet}, s.Needs...)...)
				possible = append(possible, s)
				playOne(t, &labs, host, s)
			})
		}
	})
	t.Run("summary", func(t *testing.T) { playSummary(t, &labs, possible) })
}

// playOne has a verdict of each source about one scenario.
func playOne(t *testing.T, labs *pool, host Host, s Scenario) {
	verdicts := playHonest(t, labs, host, []Scenario{s})
	for i, v := range verdicts {
		t.Run(host.Observers[i].Name, func(t *testing.T) {
			if err := v.Err(); err != nil {
				t.Error(err)
			}
		})
	}
}

// playHonest plays until no source admits that it missed something. The kernel
// runs no eBPF program while the same one is interrupted on that CPU, which is
// rare, but less so in a slow guest with one CPU.
func playHonest(t *testing.T, labs *pool, host Host, together []Scenario) []Verdict {
	t.Helper()
	for plays := 1; ; plays++ {
		play := NewPlay(host)
		for _, s := range together {
			play.Add(s, labs.lab(t, s))
		}
		verdicts, err := play.Run()
		if err != nil {
			t.Fatal(err)
		}
		if !AnyMissed(verdicts) || plays == 3 {
			return verdicts
		}
		t.Logf("events were missed in play %d", plays)
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() == 0 {
		return
	}
	if os.Getenv("DROPWATCH_CI") != "" {
		t.Fatal("run as root: network namespaces need it")
	}
	t.Skip("needs root to make network namespaces")
}
