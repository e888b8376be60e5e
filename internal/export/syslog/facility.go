package syslog

import (
	"fmt"
	"slices"
	"strings"
)

// A Facility is the kind of program that a message is from, by RFC 5424.
type Facility uint8

// Facilities that a program may use. Kernel is not one of them: its number, 0,
// stands for the default.
const (
	User   Facility = 1
	Daemon Facility = 3
	Local0 Facility = 16
	Local7 Facility = 23
)

// facilityNames are the names that the daemons use, by number.
func facilityNames() []string {
	return []string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock",
		"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}
}

// ParseFacility reads the name of a facility: "daemon", "local0".
func ParseFacility(name string) (Facility, error) {
	names := facilityNames()
	i := slices.Index(names, strings.ToLower(name))
	if i <= 0 {
		return 0, fmt.Errorf("unknown syslog facility %q: use one of %s", name, strings.Join(names[1:], ", "))
	}
	return Facility(i), nil
}

// String is the name that ParseFacility reads.
func (f Facility) String() string {
	if names := facilityNames(); int(f) < len(names) {
		return names[f]
	}
	return fmt.Sprintf("facility%d", uint8(f))
}
