package hoststat

import (
	"os"

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
