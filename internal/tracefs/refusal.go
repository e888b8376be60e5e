package tracefs

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// refused explains an error at a file of tracefs.
func refused(what string, err error) error {
	if errors.Is(err, unix.EROFS) {
		return fmt.Errorf("%s: %w: tracefs is mounted read-only here: run outside the container, or mount -o remount,rw it", what, err)
	}
	if !errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%s: %w", what, err)
	}
	if privileged() {
		return fmt.Errorf("%s: %w although we may write any file: see `cat /sys/kernel/security/lockdown`, container confinement and security modules", what, err)
	}
	return fmt.Errorf("%s: %w: tracefs belongs to root: run with sudo, or once: setcap cap_dac_override,cap_syslog+ep PROGRAM", what, err)
}

// privileged tells whether file modes do not stop us.
func privileged() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return false
	}
	return os.Geteuid() == 0 || sets[0].Effective&(1<<unix.CAP_DAC_OVERRIDE) != 0
}
