package hoststat

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestChoose holds which mounts are listed. The tables are as short as they can
// be: the number, the one it is on, the device, the part, the place, the type.
func TestChoose(t *testing.T) {
	for _, test := range []struct {
		name  string
		tmpfs bool
		table []string
		want  []string
	}{
		{"what is no storage", false, []string{
			"1 0 8:1 / / ext4", "2 1 0:3 / /proc proc", "3 1 0:4 / /run tmpfs", "4 1 0:5 / /sys/fs/cgroup cgroup2",
			"5 1 7:1 / /snap/core/1 squashfs", "6 1 0:60 / /var/lib/docker/overlay2/1/merged overlay",
			"7 1 0:61 / /proc/cpuinfo fuse.lxcfs",
		}, []string{"/ ext4"}},
		{"memory if asked for", true, []string{"1 0 8:1 / / ext4", "3 1 0:4 / /run tmpfs"}, []string{"/ ext4", "/run tmpfs"}},
		{"a container", false, []string{"1 0 0:60 / / overlay", "2 1 8:1 /etc/hosts /etc/hosts ext4"},
			[]string{"/ overlay", "/etc/hosts ext4"}},
		{"a device twice", false, []string{
			"1 0 8:1 /@ / btrfs", "2 1 8:1 /@home /home btrfs", "3 1 8:2 /sub /a ext4", "4 1 8:2 / /much/longer ext4"},
			[]string{"/ btrfs", "/much/longer ext4"}},
		{"devices of their own making", false, []string{"1 0 0:30 /@ / btrfs", "2 1 0:31 / /tank zfs"},
			[]string{"/ btrfs", "/tank zfs"}},
		{"a mount on top of another", false, []string{
			"1 0 8:1 / / ext4", "2 1 8:2 / /mnt ext4", "3 2 8:3 / /mnt xfs"}, []string{"/ ext4", "/mnt xfs"}},
		{"a mount on top of the directory above", false, []string{
			"1 0 8:1 / / ext4", "2 1 8:2 / /mnt/a ext4", "3 1 8:3 / /mnt xfs", "4 2 8:4 / /mnt/a/b ext4"},
			[]string{"/ ext4", "/mnt xfs"}},
		{"a name that begins like another", false, []string{
			"1 0 8:1 / / ext4", "2 1 8:2 / /mnt2 ext4", "3 1 8:3 / /mnt xfs"}, []string{"/ ext4", "/mnt2 ext4", "/mnt xfs"}},
		{"the initial root is below", false, []string{
			"1 0 0:1 / / rootfs", "3 2 0:4 / /proc proc", "2 1 8:1 / / ext4", "5 2 8:5 / /home ext4"},
			[]string{"/ ext4", "/home ext4"}},
		{"a circle", false, []string{"1 2 8:1 / /a ext4", "2 1 8:2 / /b ext4"}, nil},
		{"other hosts", false, []string{"1 0 8:1 / / ext4", "2 1 0:9 / /n nfs4", "3 1 0:10 / /s fuse.sshfs"},
			[]string{"/ ext4", "/n nfs4", "/s fuse.sshfs"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var text strings.Builder
			for _, line := range test.table {
				f := strings.Fields(line)
				fmt.Fprintf(&text, "%s rw shared:1 - %s src rw\n", strings.Join(f[:5], " "), f[5])
			}
			mounts, more := parseMounts([]byte(text.String()))
			if len(mounts) != len(test.table) || more != 0 {
				t.Fatalf("%d mounts of %d, %d more", len(mounts), len(test.table), more)
			}
			var got []string
			for _, m := range (selection{tmpfs: test.tmpfs}).choose(mounts) {
				got = append(got, m.point+" "+m.kind)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestParseMount(t *testing.T) {
	for _, test := range []struct {
		line string
		want mount
		ok   bool
	}{
		{`36 35 98:0 /a\134b /mnt\040\011x rw,noatime master:1 propagate_from:2 - ext3 /dev/my\040disk ro,errors=continue`,
			mount{id: 36, parent: 35, device: "98:0", root: `/a\b`, point: "/mnt \tx", kind: "ext3", source: "/dev/my disk",
				readOnly: true, hasMajor: true}, true},
		{`36 35 0:7 / /mnt ro - nfs4 host:/ rw`,
			mount{id: 36, parent: 35, device: "0:7", root: "/", point: "/mnt", kind: "nfs4", source: "host:/", readOnly: true}, true},
		{`36 35 0:7 / /mnt rw - zfs tank rootro`,
			mount{id: 36, parent: 35, device: "0:7", root: "/", point: "/mnt", kind: "zfs", source: "tank"}, true},
		{`36 35 0:7 / /mnt rw shared:1 zfs tank rw`, mount{}, false}, // no dash
		{`36 35 7 / /mnt rw - zfs tank rw`, mount{}, false},
		{`36 x 0:7 / /mnt rw - zfs tank rw`, mount{}, false},
		{`36 35 0:7 / mnt rw - zfs tank rw`, mount{}, false},
		{`36 35 0:7 / /mnt rw -`, mount{}, false},
		{``, mount{}, false},
	} {
		got, ok := parseMount([]byte(test.line))
		if ok != test.ok {
			t.Errorf("%q: %v", test.line, ok)
		}
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(mount{})); ok && diff != "" {
			t.Errorf("%q (-want +got)\n%s", test.line, diff)
		}
	}
}

// TestEscapes holds that nothing but the octal escapes of the kernel is undone.
func TestEscapes(t *testing.T) {
	for text, want := range map[string]string{
		`a\040b`: "a b", `\134040`: `\040`, `\377`: "\xff", `\400`: `\400`, `\04`: `\04`, `\08a`: `\08a`, `\`: `\`, ``: ``,
	} {
		if got := unescape([]byte(text)); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// TestFill holds that an answer beyond all measure gives no number.
func TestFill(t *testing.T) {
	var f FileSystem
	f.fill(&unix.Statfs_t{Bsize: 1 << 20, Blocks: 1 << 60, Bfree: 3, Bavail: 2}, make([]uint64, 5))
	if f.Total != nil || f.Inodes != nil || f.InodesFree != nil {
		t.Errorf("numbers that cannot be: %+v", f)
	}
	if f.Free == nil || *f.Free != 3<<20 || f.Available == nil || *f.Available != 2<<20 {
		t.Errorf("free %v, available %v", f.Free, f.Available)
	}
}
