package vmtest

import (
	"fmt"
	"os/exec"
	"path/filepath"
)

// A tool is a program of the host that the guest gets, with the Debian package
// that has it.
type tool struct {
	name, pack string
}

func tools() []tool {
	return []tool{
		{"ip", "iproute2"}, {"tc", "iproute2"}, {"bridge", "iproute2"}, {"devlink", "iproute2"}, {"ss", "iproute2"},
		{"nft", "nftables"},
		{"iptables-legacy", "iptables"}, {"ip6tables-legacy", "iptables"},
		{"ethtool", "ethtool"},
		{"setpriv", "util-linux"}, {"unshare", "util-linux"}, {"nsenter", "util-linux"}, {"dmesg", "util-linux"},
		{"mount", "mount"}, {"umount", "mount"},
		{"modprobe", "kmod"}, {"rmmod", "kmod"}, {"lsmod", "kmod"},
		{"dropwatch", "dropwatch"}, {"dwdump", "dropwatch"},
		{"dash", "dash"},
		{"cat", "coreutils"}, {"ls", "coreutils"}, {"sleep", "coreutils"}, {"true", "coreutils"}, {"false", "coreutils"},
		{"env", "coreutils"}, {"id", "coreutils"}, {"echo", "coreutils"}, {"head", "coreutils"}, {"mkdir", "coreutils"}, {"rm", "coreutils"}, {"wc", "coreutils"}, {"uname", "coreutils"},
	}
}

// plugins are files that these programs load by name.
func plugins() []string {
	return []string{"/usr/lib/*/xtables/*.so", "/etc/protocols", "/etc/services", "/usr/lib/tc/*", "/etc/iproute2/*", "/usr/share/iproute2/*"}
}

// addTools puts the tools, their libraries and their plugins into an archive.
func addTools(a *archive) error {
	for _, t := range tools() {
		found, err := exec.LookPath(t.name)
		if err != nil {
			return fmt.Errorf("find %s for the guest: %w; install it with: apt-get install %s", t.name, err, t.pack)
		}
		if err := addProgram(a, found); err != nil {
			return err
		}
	}
	for _, pattern := range plugins() {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return fmt.Errorf("find plugins: %w", err)
		}
		for _, file := range found {
			if err := addTree(a, File{file, file}); err != nil {
				return err
			}
		}
	}
	return nil
}

// addProgram puts a program at the same place in the guest, with its libraries.
// A symbolic link stays one, since some programs look at their own name.
func addProgram(a *archive, name string) error {
	place, err := filepath.EvalSymlinks(filepath.Dir(name))
	if err != nil {
		return fmt.Errorf("find %s: %w", name, err)
	}
	place = filepath.Join(place, filepath.Base(name))
	target, err := filepath.EvalSymlinks(place)
	if err != nil {
		return fmt.Errorf("find %s: %w", name, err)
	}
	if target != place {
		a.link(place, target)
	}
	if err := addSame(a, target); err != nil {
		return err
	}
	return addLibraries(a, target)
}
