package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const bpftraceScript = "tracepoint:skb:kfree_skb { @[args->location] = count(); }"

func attachBpftrace(context.Context) (detach, error) {
	p, err := startPeer(exec.Command("bpftrace", "-e", bpftraceScript))
	if err != nil {
		return nil, err
	}
	pid := p.command.Process.Pid
	// its own message comes before it attaches
	if err := p.poll(5*time.Millisecond, func() (bool, error) { return onTracepoint(pid) }); err != nil {
		p.interrupt()
		return nil, err
	}
	return func() (uint64, error) {
		text, err := p.interrupt()
		return bpftraceCount(text), err
	}, nil
}

// bpftraceCount adds up the lines "@[location]: count".
func bpftraceCount(text string) (sum uint64) {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "@[") {
			continue
		}
		_, count, _ := strings.Cut(line, "]: ")
		if n, err := strconv.ParseUint(strings.TrimSpace(count), 10, 64); err == nil {
			sum += n
		}
	}
	return sum
}

// onTracepoint asks the kernel whether a process holds a program that is
// attached to a tracepoint.
func onTracepoint(pid int) (bool, error) {
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return false, err
	}
	for _, file := range files {
		fd, err := strconv.ParseUint(file.Name(), 10, 32)
		if err != nil {
			return false, err
		}
		if attachedEvent(uint32(pid), uint32(fd)) {
			return true, nil
		}
	}
	return false, nil
}

// attachedEvent asks about one descriptor; the kernel refuses those that are
// no events with a program.
func attachedEvent(pid, fd uint32) bool {
	const kindTracepoint = 1 // enum bpf_task_fd_type
	query := struct {        // part of union bpf_attr, BPF_TASK_FD_QUERY
		pid, fd, flags, size uint32
		name                 uint64
		program, kind        uint32
		offset, address      uint64
	}{pid: pid, fd: fd}
	_, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_TASK_FD_QUERY, uintptr(unsafe.Pointer(&query)), unsafe.Sizeof(query))
	return errno == 0 && query.program != 0 && query.kind == kindTracepoint
}
