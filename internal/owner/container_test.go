package owner

import (
	"strings"
	"testing"
)

const (
	idA = "4f2a91c0b3d14f2a91c0b3d14f2a91c0b3d14f2a91c0b3d14f2a91c0b3d10000"
	idB = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
)

func TestContainerOf(t *testing.T) {
	const pod = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1b2.slice/"
	tests := []struct{ name, file, want string }{
		{"host", "0::/system.slice/ssh.service\n", ""},
		{"root", "0::/\n", ""},
		{"empty", "", ""},
		{"login session", "0::/user.slice/user-1000.slice/session-3.scope\n", ""},
		{"docker, systemd", "0::/system.slice/docker-" + idA + ".scope\n", "docker:4f2a91c0b3d1"},
		{"docker, cgroupfs, version 1", "9:name=systemd:/docker/" + idA + "\n8:pids:/docker/" + idA + "\n0::/\n", "docker:4f2a91c0b3d1"},
		{"docker, systemd inside", "0::/system.slice/docker-" + idA + ".scope/init.scope\n", "docker:4f2a91c0b3d1"},
		{"docker in docker", "0::/docker/" + idB + "/docker/" + idA + "\n", "docker:4f2a91c0b3d1"},
		{"containerd in a pod", "0::" + pod + "cri-containerd-" + idA + ".scope\n", "containerd:4f2a91c0b3d1"},
		{"containerd, slice with colons", "0::/system.slice/containerd.service/kubepods-besteffort-pod1.slice:cri-containerd:" + idA + "\n", "containerd:4f2a91c0b3d1"},
		{"cri-o", "0::" + pod + "crio-" + idA + ".scope\n", "cri-o:4f2a91c0b3d1"},
		{"monitor of cri-o", "0::" + pod + "crio-conmon-" + idA + ".scope\n", ""},
		{"pod, cgroupfs", "0::/kubepods/burstable/pod1b2/" + idA + "\n", "kubepods:4f2a91c0b3d1"},
		{"podman", "0::/machine.slice/libpod-" + idA + ".scope/container\n", "podman:4f2a91c0b3d1"},
		{"podman without root", "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + idA + ".scope\n", "podman:4f2a91c0b3d1"},
		{"monitor of podman", "0::/machine.slice/libpod-conmon-" + idA + ".scope\n", ""},
		{"podman in a unit", "0::/system.slice/web.service/libpod-payload-" + idA + "\n", "podman:4f2a91c0b3d1"},
		{"nerdctl, cgroupfs", "0::/default/" + idA + "\n", "containerd:4f2a91c0b3d1"},
		{"unknown runtime", "0::/actions_job/" + idA + "\n", "container:4f2a91c0b3d1"},
		{"unknown prefix", "0::/x/thing-" + idA + ".scope\n", ""},
		{"id of 32 digits", "0::/process_api/51b55d1f0416a0852d98bb22d8c27017\n", ""},
		{"id in capitals", "0::/docker/" + strings.ToUpper(idA) + "\n", ""},
		{"lxc 4", "0::/lxc.payload.web/system.slice/ssh.service\n", "lxc:web"},
		{"lxc 3", "0::/lxc/web/init.scope\n", "lxc:web"},
		{"monitor of lxc", "0::/lxc.monitor.web\n", ""},
		{"docker in lxc", "0::/lxc.payload.web/docker/" + idA + "\n", "docker:4f2a91c0b3d1"},
		{"nspawn", "0::/machine.slice/systemd-nspawn@my\\x2dbox.service/payload\n", "nspawn:my-box"},
		{"machined", "0::/machine.slice/machine-my\\x2dbox.scope/payload/system.slice/a.service\n", "machine:my-box"},
		{"cgroup namespace above us", "0::/../../docker/" + idA + "\n", "docker:4f2a91c0b3d1"},
		{"colon in the path", "0::/a:b/docker/" + idA + "\n", "docker:4f2a91c0b3d1"},
		{"escape in the name", "0::/lxc.payload.a\x1b[2J\n", "lxc:a?[2J"},
		{"short lines", "0:\n:\n\n0::/docker/" + idA, "docker:4f2a91c0b3d1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := containerOf(tt.file); got != tt.want {
				t.Errorf("containerOf(%q) = %q, want %q", tt.file, got, tt.want)
			}
		})
	}
}

func TestUnescapeUnit(t *testing.T) {
	for in, want := range map[string]string{
		"web": "web", `my\x2dbox`: "my-box", `\x41\x42`: "AB", `\xzz`: `\xzz`, `a\x4`: `a\x4`, `\x`: `\x`, "": "",
	} {
		if got := unescapeUnit(in); got != want {
			t.Errorf("unescapeUnit(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzContainerOf(f *testing.F) {
	f.Add("0::/system.slice/docker-" + idA + ".scope\n")
	f.Add("9:name=systemd:/lxc/web\n0::/\n")
	f.Add("0::/machine.slice/machine-a\\x2db.scope")
	f.Add(":::::\n//\n")
	f.Fuzz(func(t *testing.T, file string) {
		got := containerOf(file)
		if got == "" {
			return
		}
		kind, name, ok := strings.Cut(got, ":")
		if !ok || kind == "" || name == "" {
			t.Errorf("containerOf(%q) = %q, not kind:name", file, got)
		}
		if got != printable(got) {
			t.Errorf("containerOf(%q) = %q, not printable", file, got)
		}
	})
}
