package netdm

import (
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

func TestNotAvailableNamesTheCure(t *testing.T) {
	const without = "CONFIG_NET=y\n# CONFIG_NET_DROP_MONITOR is not set\n"
	const module = "CONFIG_NET=y\nCONFIG_NET_DROP_MONITOR=m\n"
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(without))
	z.Close()
	for _, test := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"nothing known", nil, "try modprobe drop_monitor; the kernel needs CONFIG_NET_DROP_MONITOR"},
		{"namespace", map[string]string{"proc/sys/net/core/somaxconn": ""}, "initial network namespace only"},
		{"namespace of another user namespace", map[string]string{"proc/sys/net/ipv4/ip_forward": ""}, "initial network namespace only"},
		{"no configuration, module there", map[string]string{"lib/modules/6.1/modules.dep": "", "lib/modules/6.1/kernel/net/core/drop_monitor.ko": ""}, "module drop_monitor is not loaded: modprobe drop_monitor"},
		{"no configuration, no module", map[string]string{"lib/modules/6.1/modules.dep": ""}, "not in /lib/modules/6.1: install the package with this kernel's (extra) modules, then: modprobe drop_monitor; if there is none, use a kernel with CONFIG_NET_DROP_MONITOR"},
		{
			"initial namespace", map[string]string{"proc/sys/net/core/somaxconn": "", "proc/sys/net/core/netdev_budget": "", "boot/config-6.1": without},
			"kernel 6.1 was built without CONFIG_NET_DROP_MONITOR",
		},
		{"not built, running kernel", map[string]string{"proc/config.gz": packed.String(), "boot/config-6.1": module}, "was built without"},
		{"older than the option", map[string]string{"boot/config-6.1": "CONFIG_NET=y\n"}, "was built without"},
		{"broken configuration", map[string]string{"proc/config.gz": "?", "boot/config-6.1": module, "lib/modules/6.1/kernel/net/core/drop_monitor.ko.zst": ""}, "is not loaded: modprobe drop_monitor"},
		{"module not installed", map[string]string{"boot/config-6.1": module}, "not in /lib/modules/6.1: install the package"},
		{"container", map[string]string{"boot/config-6.1": module, ".dockerenv": ""}, "modprobe drop_monitor on the host, outside the container"},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := fstest.MapFS{}
			for name, data := range test.files {
				root[name] = &fstest.MapFile{Data: []byte(data)}
			}
			err := notAvailable(root, "6.1", elsewhere(root))
			if !errors.Is(err, ErrNotAvailable) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, want %q", err, test.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
		})
	}
}
