package netdm

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestMissingRights(t *testing.T) {
	const network, system = 1 << unix.CAP_NET_ADMIN, 1 << unix.CAP_SYS_ADMIN
	for _, test := range []struct {
		effective uint64
		want      string
	}{
		{0, "CAP_NET_ADMIN and CAP_SYS_ADMIN are needed: run with sudo, not in a user namespace"},
		{system, "CAP_NET_ADMIN is needed: run with sudo, not in a user namespace"},
		{network, "CAP_SYS_ADMIN is needed: run with sudo, not in a user namespace"},
		{network | system, "CAP_SYS_ADMIN in the initial user namespace is needed; those of another user namespace or container do not count: run with sudo outside of it"},
	} {
		equal(t, test.want, missingRights(test.effective, "CAP_SYS_ADMIN"))
	}
}

func TestEffective(t *testing.T) {
	unprivileged(t, func() {
		if got := effective(); got != 0 {
			t.Errorf("%x without capabilities", got)
		}
	})
}
