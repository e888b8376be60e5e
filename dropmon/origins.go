package dropmon

import (
	"fmt"
	"strings"
)

// OriginNames lists the words that ParseOrigins knows.
func OriginNames() []string { return []string{"software", "hardware", "all"} }

// ParseOrigins reads one of OriginNames.
func ParseOrigins(name string) (Origins, error) {
	switch name {
	case "software":
		return SoftwareDrops, nil
	case "hardware":
		return HardwareDrops, nil
	case "all":
		return SoftwareDrops | HardwareDrops, nil
	}
	return 0, fmt.Errorf("unknown origin %q: use one of %s", name, strings.Join(OriginNames(), ", "))
}

// String is the name, as ParseOrigins takes it; empty for 0.
func (o Origins) String() string {
	switch o {
	case SoftwareDrops:
		return "software"
	case HardwareDrops:
		return "hardware"
	case SoftwareDrops | HardwareDrops:
		return "all"
	}
	return ""
}
