package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func read(t *testing.T, text string) Config {
	t.Helper()
	c, err := Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEmpty(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n"} {
		if diff := cmp.Diff(Default(), read(t, text)); diff != "" {
			t.Errorf("%q is not the default:\n%s", text, diff)
		}
	}
}

func TestWhole(t *testing.T) {
	got := read(t, `
host: a.example
interval: 30s
drops:
  enabled: false
  source: netdm
  netns: [web, db]
peers:
  enabled: true
  role: collector
  bind: "[::]:1513"
  join: ["10.0.0.2:1513"]
  key_file: /etc/dropwatch/cluster.key
  networks: [10.0.0.0/8, "fd00::/8"]
  first_use: false
  allow: [dw1-aeaqcaibaeaqcaibaeaqcaibae]
  expire: 48h
metrics:
  address: ":1514"
`)
	want := Default()
	want.Host, want.Interval = "a.example", 30*time.Second
	want.Drops.Enabled, want.Drops.Source, want.Drops.NetNS = false, "netdm", []string{"web", "db"}
	p := &want.Peers
	p.Enabled, p.Role, p.Bind, p.Join, p.KeyFile = true, Collector, "[::]:1513", []string{"10.0.0.2:1513"}, "/etc/dropwatch/cluster.key"
	p.Networks = []string{"10.0.0.0/8", "fd00::/8"}
	p.FirstUse, p.Allow, p.Expire = false, []string{"dw1-aeaqcaibaeaqcaibaeaqcaibae"}, 48*time.Hour
	want.Metrics.Address = ":1514"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"hosts: a":                           `line 1: unknown key "hosts"`,
		"peers:\n  rol: mute\n  bind: 5":     `line 2: unknown key "rol"`,
		"interval: often":                    "line 1: `often` is not a duration such as 10s",
		"drops: yes please":                  "line 1: `yes please` is not a group of keys",
		"drops:\n  enabled: 7":               "line 2: `7` is not true or false",
		"interval: 10ms":                     "interval 10ms: must be from 1s to 1h",
		"a: b: c":                            "mapping values are not allowed",
		"host: a\n---\nhost: b":              "line 2: a second document; the configuration is one",
		"peers: {role: king}":                `peers.role "king": use mute, peer or collector`,
		"peers: {enabled: true}":             "peers.collectors: a mute host needs somebody to send to",
		"peers: {enabled: true, role: peer}": "peers.key_file: name the keys of the cluster (dropwatch cluster key generate FILE), or say insecure: true",
		"peers: {enabled: true, insecure: true, role: peer, networks: [10.0.0.0]}":   `peers.networks: "10.0.0.0" is no network such as 10.0.0.0/8`,
		"peers: {enabled: true, insecure: true, role: peer, networks: [10.0.0.1/8]}": `"10.0.0.1/8" is no network`,
		"host: a\nhost: b":              `line 2: mapping key "host" already defined at line 1`,
		"state: {peers: \"\"}":          "state: both directories must be named",
		strings.Repeat("#", maxBytes+1): "it has more than 1048576 bytes",
		"peers: {enabled: true, insecure: true, role: peer, join: [there]}":       `address "there": want HOST:PORT, such as 10.0.0.1:1513`,
		"peers: {enabled: true, insecure: true, role: peer, join: [\"there:0\"]}": `address "there:0": "0" is no port`,
		"peers: {enabled: true, insecure: true, role: peer, first_use: false}":    "peers.allow: without first_use the hosts to be heard must be listed",
		"metrics: {address: 1514}":                                                            `metrics.address: address "1514": want HOST:PORT, such as 127.0.0.1:1514`,
		"metrics: {address: \":99999\"}":                                                      `metrics.address: address ":99999": "99999" is no port`,
		"drops: {source: ebfp}":                                                               `drops.source "ebfp": use one of ["auto" "ebpf"`,
		"drops: {enabled: false, filter: reason ==}":                                          "drops.filter: ",
		"drops: {netns: [\"\"]}":                                                              "drops.netns: a name is empty",
		"host: \"a\\nb\"":                                                                     `host "a\nb": want at most 255 bytes of printable text`,
		"state: {identity: /a/b/, peers: /a/b}":                                               "state and history: /a/b is named twice",
		"state: {identity: /a, peers: /a/past}":                                               "state and history: /a/past is named twice",
		"state: {peers: /" + strings.Repeat("p", 100) + "}":                                   "is too long for the socket in it: at most 96 bytes",
		"peers: {enabled: true, insecure: true, role: peer, allow: [dw1-abc]}":                "peers.allow: ",
		"peers: {enabled: true, insecure: true, role: peer, bind: \"here:1513\"}":             `peers.bind: address "here:1513": "here" is no address of an interface`,
		"peers: {enabled: true, insecure: true, role: peer, expire: 29s}":                     "peers.expire 29s: a host must not be forgotten before it counts as down, after 3 intervals",
		"alerts: {rules: [{name: a, when: up < 1}, {name: a, when: up < 1}]}":                 `alert "a": name: there are two of that name`,
		"peers: {enabled: true, insecure: true, role: peer, down_after: 0}\ndrops: {top: -1}": "drops.top -1: must not be less than 0\npeers: down_after and expire must be more than 0",
	} {
		_, err := Read(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "config.") {
			t.Errorf("%.80q: %v, want %q", text, err, want)
		}
	}
}

// What is allowed by itself is not refused for what follows from it.
func TestLimits(t *testing.T) {
	for _, text := range []string{
		"interval: 1h\ndrops: {window: 1h}",
		"interval: 1s",
		"metrics: {address: \"[::1]:0\"}",
		"peers: {enabled: true, insecure: true, role: peer, bind: \":1513\"}",
		"peers: {enabled: true, insecure: true, role: peer, bind: \"[fe80::1%eth0]:1513\"}",
		"peers: {enabled: true, insecure: true, role: mute, bind: \"\", collectors: [\"there:1513\"]}",
		"state: {identity: /a, peers: /a/past}\nhistory: {enabled: false}",
	} {
		if _, err := Read(strings.NewReader(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestLoad(t *testing.T) {
	if _, err := Load("/no/such/file"); err == nil || !strings.Contains(err.Error(), "--config") {
		t.Errorf("error %v does not name the cure", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("host: a\npeers:\n  role: mute\n")
	f.Add("&a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Read(strings.NewReader(text))
		if err == nil && (c.Interval <= 0 || c.State.Peers == "") {
			t.Errorf("accepted %+v", c)
		}
	})
}
