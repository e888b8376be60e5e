package hoststat

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Identity returns the name of the host and the release of its kernel, such as
// "6.12.107+deb13-amd64". What cannot be read is "localhost" and "unknown".
func Identity() (host, kernel string) {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return host, "unknown"
	}
	return host, unix.ByteSliceToString(name.Release[:])
}

// Boot is sixteen hexadecimal digits that are the same for all that run on one
// kernel since it was started, in whatever container; empty if the kernel does
// not tell.
func Boot() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	const digits = 16
	id := strings.ReplaceAll(strings.TrimSpace(string(text)), "-", "")
	return id[:min(len(id), digits)]
}
