package main

import (
	"os/exec"
	"strings"
	"testing"
)

// A kernel that will not do what is asked is told of in one line, with the
// cure.
func TestRootRefused(t *testing.T) {
	needRoot(t)
	for name, test := range map[string]struct{ command, want string }{
		"user namespace": {`exec unshare -Ur "$0" summary --source ebpf --for 1s`, "in a user namespace or container they do not count"},
		"no BTF":         {`exec unshare -m sh -c 'mount -t tmpfs tmpfs /sys/kernel/btf && exec "$0" summary --source ebpf --for 1s' "$0"`, "CONFIG_DEBUG_INFO_BTF=y"},
	} {
		out, err := exec.Command("sh", "-c", test.command, programPath()).CombinedOutput()
		status, ok := err.(*exec.ExitError)
		if !ok || status.ExitCode() != statusFailed {
			t.Errorf("%s: %v, want status %d", name, err, statusFailed)
		}
		if text := string(out); strings.Count(text, "\n") != 1 || !strings.Contains(text, test.want) {
			t.Errorf("%s: want one line with %q:\n%s", name, test.want, text)
		}
	}
}
