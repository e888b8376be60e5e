package netdm

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// notAvailable explains why the kernel does not know the family. Root is the
// root directory; release is that of the running kernel; elsewhere says that we
// asked outside the initial network namespace.
func notAvailable(root fs.FS, release string, elsewhere bool) error {
	return &RefusalError{Operation: "find drop monitor", Err: ErrNotAvailable, Cure: absence(root, release, elsewhere)}
}

func absence(root fs.FS, release string, elsewhere bool) string {
	if elsewhere {
		return "it answers in the initial network namespace only: run on the host, or with the host's network (nsenter --net=/proc/1/ns/net)"
	}
	place := ""
	if exists(root, ".dockerenv") || exists(root, "run/.containerenv") {
		place = " on the host, outside the container"
	}
	how := built(root, release)
	if how == "" && exists(root, "lib/modules/"+release+"/modules.dep") && place == "" {
		if !hasModule(root, release) {
			return fmt.Sprintf("module drop_monitor is not in /lib/modules/%s: install the package with this kernel's (extra) modules, then: modprobe drop_monitor; if there is none, use a kernel with CONFIG_NET_DROP_MONITOR", release)
		}
		how = "m"
	}
	switch how {
	case "n":
		return fmt.Sprintf("kernel %s was built without CONFIG_NET_DROP_MONITOR: use a kernel that has it, or another source of drops", release)
	case "m":
		if place == "" && !hasModule(root, release) {
			return fmt.Sprintf("module drop_monitor is not in /lib/modules/%s: install the package with this kernel's (extra) modules, then: modprobe drop_monitor", release)
		}
		return "module drop_monitor is not loaded: modprobe drop_monitor" + place
	}
	return "try modprobe drop_monitor" + place + "; the kernel needs CONFIG_NET_DROP_MONITOR"
}

// elsewhere tells whether this thread is surely outside the initial network namespace:
// some settings exist only there. In a namespace of another user namespace there
// are fewer still.
func elsewhere(root fs.FS) bool {
	anywhere := exists(root, "proc/sys/net/core/somaxconn") || exists(root, "proc/sys/net/ipv4/ip_forward")
	return anywhere && !exists(root, "proc/sys/net/core/netdev_budget")
}

func exists(root fs.FS, name string) bool {
	_, err := fs.Stat(root, name)
	return err == nil
}

func hasModule(root fs.FS, release string) bool {
	for _, suffix := range []string{"", ".xz", ".zst", ".gz"} {
		if exists(root, "lib/modules/"+release+"/kernel/net/core/drop_monitor.ko"+suffix) {
			return true
		}
	}
	return false
}

// built returns y, m or n: how the kernel was built, or nothing if that is
// written nowhere.
func built(root fs.FS, release string) string {
	if f, err := root.Open("proc/config.gz"); err == nil {
		defer f.Close()
		if plain, err := gzip.NewReader(f); err == nil {
			return option(plain)
		}
	}
	if f, err := root.Open("boot/config-" + release); err == nil {
		defer f.Close()
		return option(f)
	}
	return ""
}

// option looks for CONFIG_NET_DROP_MONITOR in a kernel configuration. One that
// does not mention it, though it has others, was built without.
func option(config io.Reader) string {
	const limit = 4 << 20
	lines := bufio.NewScanner(io.LimitReader(config, limit))
	value := ""
	for lines.Scan() {
		if setting, ok := strings.CutPrefix(lines.Text(), "CONFIG_NET_DROP_MONITOR="); ok {
			return setting
		}
		if strings.HasPrefix(lines.Text(), "CONFIG_NET=") {
			value = "n"
		}
	}
	if lines.Err() != nil {
		return ""
	}
	return value
}
