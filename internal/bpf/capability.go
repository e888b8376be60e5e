package bpf

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// ErrNotSupported says that this kernel cannot run the drop programs at all.
var ErrNotSupported = errors.New("not supported by this kernel")

// permitted tells whether the process has the capabilities that loading needs.
// It is asked before the kernel is, because the kernel's EPERM does not tell a
// missing capability from a locked-down kernel.
func permitted() error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return fmt.Errorf("read own capabilities: %w", err)
	}
	set, err := effective(status)
	if err != nil {
		return err
	}
	has := func(capability uint) bool { return set&(1<<capability) != 0 }
	if has(unix.CAP_SYS_ADMIN) || has(unix.CAP_BPF) && has(unix.CAP_PERFMON) {
		return nil
	}
	return fmt.Errorf("load the eBPF drop program: %w: CAP_BPF and CAP_PERFMON are missing; run with sudo, or once: setcap cap_bpf,cap_perfmon,cap_syslog,cap_sys_ptrace+ep PROGRAM", os.ErrPermission)
}

// effective reads the CapEff line of /proc/PID/status.
func effective(status []byte) (uint64, error) {
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "CapEff:"); ok {
			set, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			if err != nil {
				return 0, fmt.Errorf("read own capabilities: %w", err)
			}
			return set, nil
		}
	}
	return 0, errors.New("read own capabilities: no CapEff line in /proc/self/status")
}

// refused explains an error of the kernel at load or attach time. The library's
// words are left out of a refusal: they guess at a limit that is raised already.
func refused(what string, err error) error {
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return fmt.Errorf("%s: %w although the capabilities are there: in a user namespace or container they do not count, so run it on the host; else see `cat /sys/kernel/security/lockdown` and security modules, and before Linux 5.11 `ulimit -l`", what, os.ErrPermission)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// kernelTypes returns the kernel's BTF. Decoding it takes as long as loading
// the program, so it is done once, for the cache.
func kernelTypes(cache *btf.Cache) (*btf.Spec, error) {
	spec, err := cache.Kernel()
	if err != nil {
		return nil, fmt.Errorf("%w: no type information (BTF): a kernel with CONFIG_DEBUG_INFO_BTF=y is needed, /sys/kernel/btf/vmlinux is missing or unreadable (%v)", ErrNotSupported, err)
	}
	return spec, nil
}

// arguments returns how many arguments the tracepoint skb:kfree_skb passes: 2
// (buffer, location), 3 (reason, since 5.17) or 4 (receiving socket, since
// 6.11); 0 if the kernel does not tell.
func arguments(spec *btf.Spec) int {
	proto := tracepoint(spec, "btf_trace_kfree_skb")
	if proto == nil {
		return 0
	}
	return min(len(proto.Params)-1, 4) // the first is the tracepoint's own
}
