// Vmexec runs programs and tests under kernels of several releases.
//
//	vmexec kernels [-refresh] [NAME...]
//	vmexec run [-kernel NAME] [-mem MIB] [-smp N] [-timeout D] [-file HOST:GUEST]... [-back HOST:GUEST]... -- COMMAND ARGS
//	go test -exec "vmexec exec NAME" ./package
//	vmexec tests [-run REGEXP] [-timeout D] NAME DIRECTORY=BINARY[=REGEXP]...
//
// Its exit status is that of the command; 124 when time was up, 125 when the
// kernel died, 126 when the guest could not be made, 2 for wrong usage.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"dropwatch/internal/vmtest"
)

// Exit statuses that are not the command's own.
const (
	statusUsage   = 2
	statusTimeout = 124
	statusDied    = 125
	statusNoGuest = 126
)

func main() {
	if vmtest.IsGuest() {
		vmtest.RunGuest()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status, err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "vmexec:", err)
	}
	os.Exit(status)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (int, error) {
	if len(args) == 0 {
		return statusUsage, errors.New("need one of: kernels, run, exec, tests")
	}
	switch args[0] {
	case "kernels":
		return fetchKernels(ctx, args[1:], stdout)
	case "run":
		return runCommand(ctx, args[1:], stdout, stderr)
	case "exec":
		return runTest(ctx, args[1:], stdout, stderr)
	case "tests":
		return runTests(ctx, args[1:], stdout, stderr)
	}
	return statusUsage, fmt.Errorf("unknown command %q; there are kernels, run, exec, tests", args[0])
}

// statusOf says how a run without an exit status of its own ends.
func statusOf(err error) int {
	switch {
	case errors.Is(err, vmtest.ErrTimeout):
		return statusTimeout
	case errors.Is(err, vmtest.ErrDied):
		return statusDied
	}
	return statusNoGuest
}
