package hoststat

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// lacking skips the test, but not where everything has to be there.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("VMTEST") != "" || os.Getenv("DROPWATCH_CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		lacking(t, "needs root")
	}
}

// sampleFor tells the program of the tests to take a sample for another one.
const sampleFor = "HOSTSTAT_SAMPLE"

// TestSample runs in a process that another test started, where it takes two
// samples and writes the second to descriptor 3.
func TestSample(t *testing.T) {
	text, ok := os.LookupEnv(sampleFor)
	if !ok {
		t.Skip("other tests run it")
	}
	var config Config
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		t.Fatal(err)
	}
	r := New(config)
	defer r.Close()
	r.Sample(t.Context())
	if err := json.NewEncoder(os.NewFile(3, "result")).Encode(r.Sample(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// sampleIn takes a sample inside namespaces of its own, after a script of the
// shell has furnished them. The script ends with `"$@"`, in any circumstances
// that it likes; all that it started ends with it.
func sampleIn(t *testing.T, config Config, script string) Status {
	t.Helper()
	needRoot(t)
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	cmd := exec.Command("bash", "-ec", script, "bash", publicCopy(t), "-test.run=^TestSample$")
	cmd.Env = append(os.Environ(), sampleFor+"="+string(text))
	cmd.ExtraFiles = []*os.File{write}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS, Unshareflags: unix.CLONE_NEWNS,
		Pdeathsig: unix.SIGKILL,
	}
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	result, readErr := io.ReadAll(read)
	if err := cmd.Wait(); err != nil || readErr != nil {
		t.Fatalf("%v, %v\n%s", err, readErr, output.String())
	}
	var s Status
	if err := json.Unmarshal(result, &s); err != nil {
		t.Fatalf("%v\n%s%s", err, result, output.String())
	}
	return s
}

// publicCopy copies the program of the tests to where every user can start it.
func publicCopy(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "hoststat")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	program, err := os.ReadFile(self)
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	path := filepath.Join(dir, "hoststat.test")
	if err == nil {
		err = os.WriteFile(path, program, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRootTmpfs holds that a file system of known size is told exactly, if it is
// asked for.
func TestRootTmpfs(t *testing.T) {
	dir := t.TempDir()
	script := strings.ReplaceAll(`mount -t tmpfs -o size=1m,nr_inodes=50 small DIR
		head -c 65536 /dev/zero > DIR/file
		"$@"`, "DIR", dir)
	n := func(n uint64) *uint64 { return &n }
	want := FileSystem{MountPoint: dir, Device: "small", Type: "tmpfs",
		Total: n(1 << 20), Free: n(1<<20 - 1<<16), Available: n(1<<20 - 1<<16), Inodes: n(50), InodesFree: n(48)}
	for _, asked := range []bool{true, false} {
		s := sampleIn(t, Config{Tmpfs: asked}, script)
		at := slices.IndexFunc(s.FileSystems, func(f FileSystem) bool { return f.Type == "tmpfs" && f.Device == "small" })
		switch {
		case asked != (at >= 0):
			t.Errorf("asked %v, found %d in %+v", asked, at, s.FileSystems)
		case asked:
			if diff := cmp.Diff(want, s.FileSystems[at]); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		}
	}
}

// outline is what a status has, without its numbers.
func outline(s Status) []string {
	have := []string{s.Host, s.Kernel, s.Architecture, s.BootID, fmt.Sprint(s.BootTime)}
	for name, there := range map[string]bool{
		"interval": s.IntervalSeconds != nil, "uptime": s.UptimeSeconds != nil, "load": s.Load != nil, "tasks": s.Tasks != nil,
		"cpus": s.CPUsOnline != nil, "memory": s.Memory != nil, "swap": s.Swap != nil, "clock": s.Clock != nil,
		"pressure": s.Pressure != nil, "users": s.Users != nil,
	} {
		have = append(have, fmt.Sprintf("%s %v", name, there))
	}
	for _, f := range s.FileSystems {
		have = append(have, fmt.Sprintf("%s %s %v %v %s", f.MountPoint, f.Type, f.Total != nil, f.Inodes != nil, f.Error))
	}
	for _, d := range s.Disks {
		have = append(have, fmt.Sprintf("%s %v", d.Name, d.Rates != nil))
	}
	for _, i := range s.Interfaces {
		have = append(have, fmt.Sprintf("%d %s %s %v %v", i.Index, i.Name, i.State, i.Counters != nil, i.Rates != nil))
	}
	for _, m := range s.Missing {
		have = append(have, m.What+" is missing: "+m.Why)
	}
	slices.Sort(have)
	return have
}

// TestRootUnprivileged holds that an ordinary user sees all that root sees.
func TestRootUnprivileged(t *testing.T) {
	root := sampleIn(t, Config{Tmpfs: true}, `"$@"`)
	nobody := sampleIn(t, Config{Tmpfs: true}, `setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs --bounding-set -all "$@"`)
	if diff := cmp.Diff(outline(root), outline(nobody)); diff != "" {
		t.Errorf("(-root +nobody)\n%s", diff)
	}
	if nobody.Memory == nil || len(nobody.Interfaces) == 0 || len(nobody.FileSystems) == 0 || nobody.Clock == nil {
		t.Errorf("a status with little in it: %s", asJSON(t, nobody))
	}
}
