package owner

import (
	"strconv"
	"strings"
)

// shownID is how many digits of a container's id are shown, as the tools of
// the container runtimes do.
const shownID = 12

// containerOf finds the container that a process lives in from the contents of
// its /proc/PID/cgroup: "docker:4f2a91c0b3d1", "lxc:web". It is empty when the
// process lives in none. Both cgroup versions are understood.
func containerOf(file string) string {
	for line := range strings.Lines(file) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(fields) != 3 {
			continue
		}
		if name := containerOfPath(fields[2]); name != "" {
			return printable(name)
		}
	}
	return ""
}

// containerOfPath looks from the end of the path, so that of nested containers
// the innermost is found.
func containerOfPath(path string) string {
	for path != "" {
		i := strings.LastIndexByte(path, '/')
		part, above := path[i+1:], path[:max(i, 0)]
		if name := containerByID(part, above); name != "" {
			return name
		}
		if name := containerByName(part, above); name != "" {
			return name
		}
		path = above
	}
	return ""
}

// containerByID knows the runtimes that put a long hexadecimal id in the name
// of the control group: alone, behind the runtime's name in a systemd scope, or
// behind a slice and the runtime's name with colons between.
func containerByID(part, above string) string {
	part = strings.TrimSuffix(part, ".scope")
	i := strings.LastIndexAny(part, "-:")
	id := part[i+1:]
	if !isContainerID(id) {
		return ""
	}
	runtime := ""
	if i < 0 {
		runtime = runtimeAbove(above)
	} else {
		before := part[:i]
		runtime = runtimeOf(before[strings.LastIndexByte(before, ':')+1:])
	}
	if runtime == "" {
		return ""
	}
	return runtime + ":" + id[:shownID]
}

// runtimeOf names a container runtime from its prefix. The monitors of podman
// and cri-o ("libpod-conmon") live outside of the container and get no name.
func runtimeOf(prefix string) string {
	switch prefix {
	case "docker":
		return "docker"
	case "cri-containerd", "containerd", "nerdctl":
		return "containerd"
	case "crio", "cri-o":
		return "cri-o"
	case "libpod", "libpod-payload":
		return "podman"
	}
	return ""
}

// runtimeAbove names the runtime of a control group that is an id alone.
func runtimeAbove(above string) string {
	parent := above[strings.LastIndexByte(above, '/')+1:]
	switch {
	case strings.Contains(above, "kubepods"):
		return "kubepods"
	case parent == "docker":
		return "docker"
	case parent == "libpod_parent":
		return "podman"
	case parent == "default" || parent == "moby" || parent == "k8s.io":
		return "containerd" // the usual names of containerd's own namespaces
	}
	return "container"
}

func isContainerID(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// containerByName knows the managers that use the container's own name.
func containerByName(part, above string) string {
	parent := above[strings.LastIndexByte(above, '/')+1:]
	if name, ok := strings.CutPrefix(part, "lxc.payload."); ok && name != "" {
		return "lxc:" + name
	}
	if (parent == "lxc" || parent == "lxc.payload") && part != "" && !strings.HasPrefix(part, "lxc.monitor") {
		return "lxc:" + part
	}
	if name, ok := between(part, "systemd-nspawn@", ".service"); ok {
		return "nspawn:" + unescapeUnit(name)
	}
	if name, ok := between(part, "machine-", ".scope"); ok && parent == "machine.slice" {
		return "machine:" + unescapeUnit(name)
	}
	return ""
}

func between(s, prefix, suffix string) (string, bool) {
	s, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return "", false
	}
	s, ok = strings.CutSuffix(s, suffix)
	return s, ok && s != ""
}

// unescapeUnit undoes systemd's \xNN escapes.
func unescapeUnit(s string) string {
	var out strings.Builder
	for {
		i := strings.Index(s, `\x`)
		if i < 0 || i+4 > len(s) {
			break
		}
		out.WriteString(s[:i])
		if n, err := strconv.ParseUint(s[i+2:i+4], 16, 8); err == nil {
			out.WriteByte(byte(n))
		} else {
			out.WriteString(s[i : i+4])
		}
		s = s[i+4:]
	}
	out.WriteString(s)
	return out.String()
}
