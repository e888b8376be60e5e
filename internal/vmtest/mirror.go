package vmtest

import (
	"fmt"
	"strings"
)

// targetFormat makes apt-get indextargets print the lines that mirrorOf reads.
const targetFormat = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)"

// mirrorOf picks the address that the system itself installs its release from:
// the first source of a plain suite, not one of updates to it.
func mirrorOf(targets string) (string, error) {
	for line := range strings.Lines(targets) {
		part := strings.Split(strings.TrimSpace(line), "|")
		if len(part) == 3 && part[2] == "main" && part[0] != "" && !strings.ContainsAny(part[1], "-/") {
			return part[0], nil
		}
	}
	return "", fmt.Errorf("find mirror: the apt configuration has no source of a Debian release with component main")
}
