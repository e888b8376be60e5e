package vmtest

import (
	"path"
	"slices"
	"strings"
)

// netDirectories are the parts of kernel/net that the guest gets whole.
func netDirectories() []string {
	return []string{
		"802", "8021q", "bridge", "core", "dsa", "hsr", "ife", "ipv4", "ipv6", "key", "l2tp", "llc", "mpls", "mptcp",
		"netfilter", "netlink", "nsh", "openvswitch", "packet", "psample", "sched", "sctp", "switchdev", "tls", "unix", "xdp", "xfrm",
	}
}

// drivers are patterns of network devices without hardware, and of checksum
// modules that others ask for by alias.
func drivers() []string {
	return []string{
		"drivers/net/*.ko", "drivers/net/bonding/*.ko", "drivers/net/geneve/*.ko", "drivers/net/ipvlan/*.ko",
		"drivers/net/team/*.ko", "drivers/net/vxlan/*.ko", "drivers/net/wireguard/*.ko",
		"crypto/crc*.ko", "arch/x86/crypto/crc*.ko", "lib/crc*.ko", "lib/crc/*.ko", "lib/crc/x86/*.ko", "lib/libcrc*.ko",
	}
}

// wantedModule chooses modules by their path, such as
// "kernel/net/core/drop_monitor.ko.xz".
func wantedModule(module string) bool {
	name, found := strings.CutPrefix(plainModule(module), "kernel/")
	if !found {
		return false
	}
	if rest, found := strings.CutPrefix(name, "net/"); found {
		directory, _, _ := strings.Cut(rest, "/")
		return slices.Contains(netDirectories(), directory)
	}
	return slices.ContainsFunc(drivers(), func(pattern string) bool {
		matched, err := path.Match(pattern, name)
		return err == nil && matched
	})
}

// plainModule is the path of a module once it is decompressed.
func plainModule(module string) string {
	for _, end := range []string{".xz", ".zst", ".gz"} {
		module = strings.TrimSuffix(module, end)
	}
	return module
}
