package scenario

import (
	"fmt"
	"testing"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/netdm"
)

// summaryBatch is how many scenarios share one wait for the drop monitor's
// summary, which comes a second late. It tells at most 64 functions a second,
// in which less than ten scenarios are played.
const summaryBatch = 38

// playSummary plays scenarios for the drop monitor's summaries, which tell
// functions only. Scenarios that drop in the same function at the same time are
// judged by their sum.
func playSummary(t *testing.T, labs *pool, all []Scenario) {
	if !inGuest() {
		t.Skip("needs a kernel with the drop monitor, and nobody else who drops packets: make test-vm has both")
	}
	host := openHost(t, dropmon.Config{Source: "netdm", Coarse: true})
	host.Delay = netdm.SummaryDelay + 250*time.Millisecond
	for len(all) > 0 {
		n := min(summaryBatch, len(all))
		batch := all[:n]
		t.Run(fmt.Sprintf("%s..%s", batch[0].Name, batch[n-1].Name), func(t *testing.T) { playBatch(t, labs, host, batch) })
		all = all[n:]
	}
}

func playBatch(t *testing.T, labs *pool, host Host, batch []Scenario) {
	for _, v := range playHonest(t, labs, host, batch) {
		if err := v.Err(); err != nil {
			t.Error(err)
		}
	}
}
