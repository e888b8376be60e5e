package hoststat

import (
	"fmt"
	"strings"
	"testing"

	"dropwatch/counters/rtstat"
	"github.com/google/go-cmp/cmp"
)

// TestLimits holds that a host with very many of everything gives short lists,
// and tells how much they lack.
func TestLimits(t *testing.T) {
	var mounts, disks strings.Builder
	mounts.WriteString("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n")
	for i := range 2 * maxMounts {
		fmt.Fprintf(&mounts, "%d 1 9:%d / /m%d rw - ext4 s rw\n", i+2, i, i)
	}
	for i := range 3000 {
		fmt.Fprintf(&disks, "8 %d d%d 1 1 1 1 1 1 1 1 1 1 1\n", i, i)
	}
	root := t.TempDir()
	files := map[string]string{"proc/self/mountinfo": mounts.String(), "proc/diskstats": disks.String(), "run/utmp": ""}
	for i := range 20 {
		files[fmt.Sprintf("run/systemd/sessions/%d", i)] = "USER=u\nCLASS=user\n"
		files["run/utmp"] += string(writeUTMP(t, false, login{7, 0, fmt.Sprintf("pts/%d", i), "v", "", 1}))
	}
	plant(t, root, files)
	r := fixed(t, Config{Root: root, MaxUsers: 12})
	r.host.links = func() ([]rtstat.Link, error) {
		links := make([]rtstat.Link, 10_000)
		for i := range links {
			links[i] = rtstat.Link{Index: uint32(i + 1), Name: fmt.Sprintf("veth%d", i), Stats: linkStats(uint64(i))}
		}
		return links, nil
	}
	for range 2 {
		s := r.Sample(t.Context())
		if len(s.FileSystems) != 256 || len(s.Disks) != 256 || len(s.Interfaces) != 512 || len(s.Users) != 12 {
			t.Errorf("%d file systems, %d disks, %d interfaces, %d users",
				len(s.FileSystems), len(s.Disks), len(s.Interfaces), len(s.Users))
		}
		want := &LeftOut{FileSystems: 2*maxMounts + 1 - 256, Disks: 3000 - 256, Interfaces: 10_000 - 512, Users: 40 - 12}
		if diff := cmp.Diff(want, s.LeftOut); diff != "" {
			t.Errorf("left out (-want +got)\n%s", diff)
		}
	}
	if len(r.linkHistory.known) != 512 {
		t.Errorf("%d interfaces are remembered", len(r.linkHistory.known))
	}
}

// TestLongFile holds that the whole lines of a file without end are of use, and
// that this is told.
func TestLongFile(t *testing.T) {
	root := t.TempDir()
	line := "8 0 sda 1 1 1 1 1 1 1 1 1 1 1\n"
	plant(t, root, map[string]string{"proc/diskstats": line + strings.Repeat("x", maxFile-len(line)-10) + "\n8 1 sdb 1 1 1 1 1 1 1 1 1 1 1\n"})
	s := fixed(t, Config{Root: root}).Sample(t.Context())
	if len(s.Disks) != 1 || s.Disks[0].Name != "sda" {
		t.Errorf("disks %v, want sda", s.Disks)
	}
	var told bool
	for _, m := range s.Missing {
		told = told || m == Missing{What: "disks", Why: errTooLong.Error()}
	}
	if !told {
		t.Errorf("not told: %v", s.Missing)
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"plain":             "plain",
		"":                  "",
		"a\nb\x00\x7f":      "a?b??",
		"\x1b]0;x\a":        "?]0;x?",
		"gr\u00fc\u00dfe":   "gr\u00fc\u00dfe",
		"\u202eabc":         "?abc",
		"bad\xff":           "bad?",
		"0123456789":        "01234567",
		"0123456\u00fc9":    "0123456",
		"\xbf\xbf\xbf\xbf":  "????",
		"c1\u0085\u009b31m": "c1??31",
	} {
		if got := clean(text, 8); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
