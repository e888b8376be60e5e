package netdm

import (
	"strings"

	"golang.org/x/sys/unix"
)

// rights are the capabilities that watching needs, in the initial user
// namespace.
func rights() []right {
	return []right{{"CAP_NET_ADMIN", unix.CAP_NET_ADMIN}, {"CAP_SYS_ADMIN", unix.CAP_SYS_ADMIN}}
}

type right struct {
	name string
	bit  uint
}

// missingRights says what to do when the kernel refuses for want of a
// capability. It names all that are missing, not only the one that was asked
// for first; needed is one that surely is.
func missingRights(effective uint64, needed string) string {
	var names []string
	for _, r := range rights() {
		if effective>>r.bit&1 == 0 {
			names = append(names, r.name)
		}
	}
	switch len(names) {
	case 0:
		return needed + " in the initial user namespace is needed; those of another user namespace or container do not count: run with sudo outside of it"
	case 1:
		return names[0] + " is needed: run with sudo, not in a user namespace"
	}
	return strings.Join(names, " and ") + " are needed: run with sudo, not in a user namespace"
}

// effective are the capabilities of this thread; none if that is not known.
func effective() uint64 {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&header, &data[0]) != nil {
		return 0
	}
	return uint64(data[1].Effective)<<32 | uint64(data[0].Effective)
}
