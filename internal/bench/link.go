package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
)

// holdsLink tells whether a process holds a link of the drop program: the
// kernel hands the descriptor out when the program is attached.
func holdsLink(pid int) (bool, error) {
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return false, err
	}
	for _, file := range files {
		// descriptors come and go while we look
		target, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, file.Name()))
		if !strings.Contains(target, "bpf_link") && !strings.Contains(target, "bpf-link") {
			continue
		}
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%s", pid, file.Name()))
		if id, ok := number(string(text), "prog_id:"); ok && isDropProgram(ebpf.ProgramID(id)) {
			return true, nil
		}
	}
	return false, nil
}

// number finds the number after a name in a text of lines "name: number unit".
func number(text, name string) (uint32, bool) {
	for line := range strings.Lines(text) {
		value, ok := strings.CutPrefix(line, name)
		if !ok {
			continue
		}
		digits, _, _ := strings.Cut(strings.TrimSpace(value), " ")
		n, err := strconv.ParseUint(digits, 10, 32)
		return uint32(n), err == nil
	}
	return 0, false
}

func isDropProgram(id ebpf.ProgramID) bool {
	program, err := ebpf.NewProgramFromID(id)
	if err != nil {
		return false
	}
	defer program.Close()
	info, err := program.Info()
	return err == nil && strings.HasPrefix(info.Name, "kfree_skb")
}
