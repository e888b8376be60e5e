package agent

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/config"
	"dropwatch/internal/peer/identity"
)

func TestStatusText(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := &Status{
		Time: now, Host: "db1", ID: identity.ID{1}, Version: "1",
		Parts: []Health{
			{Name: "drops", Since: now.Add(-5 * time.Second), Failures: 3, Error: "no rights"},
			{Name: "records", Running: true, Since: now.Add(-time.Hour)},
		},
		Peers: &PeerStatus{
			Role: config.Collector, Members: 2, Hosts: 3, Packets: map[string]uint64{"passed": 7, "label": 0},
			Records: map[string]uint64{"taken": 5, "source_rate": 12345678901, "unknown_key": 12345678902, "old_epoch": 1234567890, "replayed": 3},
			Overrun: 1, Unsaved: "save marks of hosts: no space left on device",
		},
	}
	want := `db1 is ` + s.ID.String() + `, dropwatch 1
collector: 3 hosts known, 2 members answer
PART     STATE  FOR     FAILURES  LAST ERROR
drops    waits  5s      3         no rights
records  runs   1h0m0s  0         
packets: passed 7
records: old epoch 1234567890, replayed 3, source rate 12345678901, taken 5,
         unknown key 12345678902
of these: without room 1
save marks of hosts: no space left on device
`
	var b strings.Builder
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
