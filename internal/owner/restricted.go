package owner

import (
	"fmt"
	"os"
)

// cure says what it takes to see what was denied.
func cure(capability string) string {
	if os.Geteuid() != 0 {
		return "run as root or with " + capability
	}
	return "root lacks " + capability + " here, or a user namespace or security module forbids it"
}

func processCount(n int) string {
	if n == 1 {
		return "1 process"
	}
	return fmt.Sprintf("%d processes", n)
}
