package meter

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Setting reads a sysctl as a namespace has it, by its path below /proc/sys
// such as "net/core/rmem_max". It tells false for what is not there or must not
// be read. It blocks for a change of namespace.
//
// What only the first namespace shows is the same for all.
func (m *Meter) Setting(inode uint32, path string) (string, bool) {
	if filepath.Clean(path) != path || !strings.HasPrefix(path, "net/") {
		return "", false
	}
	if inode == m.own {
		return readSetting(path)
	}
	value, ok := m.settingOf(inode, path)
	if !ok && strings.HasPrefix(path, "net/core/") {
		return readSetting(path)
	}
	return value, ok
}

func (m *Meter) settingOf(inode uint32, path string) (string, bool) {
	file, err := m.config.Namespaces.Open(inode)
	if err != nil {
		return "", false
	}
	defer file.Close()
	type answer struct {
		value string
		ok    bool
	}
	done := make(chan answer, 1)
	go func() {
		// The thread ends with this goroutine, since it is never unlocked:
		// nothing else ever runs in a namespace by mistake.
		runtime.LockOSThread()
		var a answer
		if unix.Setns(int(file.Fd()), unix.CLONE_NEWNET) == nil {
			a.value, a.ok = readSetting(path)
		}
		done <- a
	}()
	a := <-done
	return a.value, a.ok
}

func readSetting(path string) (string, bool) {
	text, err := os.ReadFile(filepath.Join("/proc/sys", path))
	return strings.Join(strings.Fields(string(text)), " "), err == nil
}
