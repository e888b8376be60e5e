package recording

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/dropmon"
	"dropwatch/internal/report"
	"dropwatch/internal/session"
)

var missed = dropmon.Stats{Unseen: 3, PacketsLost: 5, PacketsLimited: 7}

// What is replayed is what was to be seen live, to the last byte.
func TestReplayIsLive(t *testing.T) {
	for _, all := range []bool{false, true} {
		t.Run(fmt.Sprintf("all %t", all), func(t *testing.T) {
			live := record(t, &fake{drops: dropped(500), stats: missed}, Config{All: all})
			p := play(t, live.file, Options{}, session.Config{All: all})
			if diff := cmp.Diff(text(t, live.summary), text(t, p.summary)); diff != "" || p.err != nil {
				t.Errorf("summary (-live +replayed)\n%s %v", diff, p.err)
			}
			packets := play(t, live.file, Options{}, session.Config{Packets: true, All: all})
			if diff := cmp.Diff(live.packets, packets.packets); diff != "" {
				t.Errorf("packets (-live +replayed)\n%s", diff)
			}
			if warnings := p.source.Warnings(); warnings != nil {
				t.Errorf("warnings %q", warnings)
			}
			want := uint64(500)
			if !all {
				want -= 50 // benign ones
			}
			want -= 50 // pieces
			if live.result.Packets != want || live.result.Lost() != 15 {
				t.Errorf("result %+v, want %d packets and 15 lost", live.result, want)
			}
		})
	}
}

func rowsOf(r *report.Summary) string {
	var rows []string
	for _, d := range r.Drops {
		rows = append(rows, fmt.Sprintf("%d %s", d.Packets, d.Why()))
	}
	return strings.Join(rows, "; ")
}

func filter(t *testing.T, expression string) *dropmon.Filter {
	t.Helper()
	f, err := dropmon.CompileFilter(expression)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const (
	noSocket = "440 NO_SOCKET; "
	others   = "10 ttl_value_is_too_small (l3_drops) cookie 01ff; 10 (no reason); 10 NETFILTER_DROP"
)

func TestReplayViews(t *testing.T) {
	file := record(t, &fake{drops: dropped(100)}, Config{}).file
	for _, test := range []struct {
		name    string
		options Options
		config  session.Config
		rows    string
		total   uint64
		cover   string
	}{
		{name: "by reason", config: session.Config{By: dropmon.ByReason}, rows: noSocket + others, total: 470},
		{name: "all", config: session.Config{By: dropmon.ByReason, All: true}, rows: noSocket + others, total: 470, cover: "without --all"},
		{name: "by namespace", options: Options{NetNS: []string{"blue"}}, config: session.Config{By: dropmon.ByReason},
			rows: noSocket + "10 (no reason)", total: 450, cover: "without --all"},
		{name: "inode", options: Options{NetNS: []string{"8"}}, config: session.Config{By: dropmon.ByReason},
			rows: "10 NETFILTER_DROP", total: 10, cover: "without --all"},
		{name: "interface", options: Options{Devices: []string{"eth0"}}, config: session.Config{By: dropmon.ByReason},
			rows: noSocket + "10 ttl_value_is_too_small (l3_drops) cookie 01ff; 10 (no reason)", total: 460, cover: "without --all"},
		{name: "filter", config: session.Config{By: dropmon.ByReason, Filter: filter(t, `module == "nf_tables" && source_port > 0`)},
			rows: "10 NETFILTER_DROP", total: 10, cover: "without --all"},
		{name: "amount", config: session.Config{By: dropmon.ByReason, Filter: filter(t, `packets > 100`)},
			rows: "440 NO_SOCKET", total: 440, cover: "without --all"},
		{name: "process", config: session.Config{By: dropmon.ByProcess, Filter: filter(t, `process == "dnsd"`)},
			rows: "10 NO_SOCKET", total: 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := play(t, file, test.options, test.config)
			benign := p.summary.Total.Benign
			if got := rowsOf(p.summary); got != test.rows || p.summary.Total.Packets-benign != test.total {
				t.Errorf("%d packets, %s\nwant %d, %s", p.summary.Total.Packets-benign, got, test.total, test.rows)
			}
			if got := fmt.Sprint(p.summary.Coverage); !strings.Contains(got, test.cover) {
				t.Errorf("coverage %s, want %s", got, test.cover)
			}
		})
	}
}

func TestReplayNamesNothingOfThisHost(t *testing.T) {
	drops := dropped(1)
	drops[0].NetNS, drops[0].Interface = dropmon.NetNS{Inode: 4026531840}, dropmon.Interface{Index: 1}
	drops[0].Process, drops[0].Socket = dropmon.Process{PID: 1}, 1
	live := record(t, &fake{drops: drops}, Config{})
	// the recorder has found names; a host that plays it must not
	file := strings.NewReplacer(`"name":"host"`, `"nane":"host"`, `"name":"lo"`, `"nane":"lo"`).Replace(string(live.file))
	p := play(t, []byte(file), Options{}, session.Config{})
	d := p.summary.Drops[0]
	if d.NetNS.Name != "" || d.Interface.Name != "" || d.NetNS.Inode != 4026531840 || d.Interface.Index != 1 {
		t.Errorf("namespace %+v, interface %+v: names of this host", d.NetNS, d.Interface)
	}
}

func TestReplayWhatIsNotThere(t *testing.T) {
	file := record(t, &fake{drops: dropped(20)}, Config{}).file
	p := play(t, file, Options{NetNS: []string{"blue", "red"}, Devices: []string{"eth9"}}, session.Config{})
	want := []string{"the recording has no drop of namespace red", "the recording has no drop of interface eth9"}
	if diff := cmp.Diff(want, p.source.Warnings()); diff != "" {
		t.Error(diff)
	}
}

// Receive stops at times of the recording.
func TestReplayInTime(t *testing.T) {
	live := record(t, &fake{drops: dropped(100)}, Config{All: true})
	source, err := Open(strings.NewReader(string(live.file)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := session.OpenRecording(source.Session(), session.Config{All: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got []uint64
	for i := range 3 {
		to := epoch.Add(time.Duration(i+1) * 200 * time.Millisecond)
		if err := s.Receive(to, nil); err != nil {
			t.Fatal(err)
		}
		r, err := s.IntervalOf(to)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.Total.Packets)
		if !r.To.Equal(to) {
			t.Errorf("the interval ends at %v, want %v", r.To, to)
		}
	}
	// ten are 48 packets and a piece; the first interval has the next one too
	if diff := cmp.Diff([]uint64{2*48 + 1, 2 * 48, 2 * 48}, got); diff != "" {
		t.Error(diff)
	}
	if next, more := source.Next(); !more || !next.Equal(epoch.Add(610*time.Millisecond)) {
		t.Errorf("next %v, %t", next, more)
	}
}
