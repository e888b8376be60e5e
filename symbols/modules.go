package symbols

import (
	"os"
	"strings"
)

// loadedModules says which modules the kernel has, and where: a text that
// changes when one comes or goes. Without /proc/modules it is empty.
//
// Reads /proc/modules, whose other columns change while modules stay.
func loadedModules() string {
	text, err := os.ReadFile("/proc/modules")
	if err != nil {
		return "" // a kernel without modules, or no /proc
	}
	return moduleList(string(text))
}

// moduleList keeps the name and the address of each line.
func moduleList(text string) string {
	var list strings.Builder
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 6 {
			continue
		}
		list.WriteString(fields[0] + " " + fields[5] + "\n")
	}
	return list.String()
}
