package action

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"dropwatch/internal/alert"
)

func TestActionKeys(t *testing.T) {
	const text = `
bell: {bell: true}
lines: {log: true}
loghost: {syslog: "syslog+tcp://loghost?facility=local0"}
page: {command: [/usr/local/bin/page, --, "{text}"], timeout: 5s}
chat: {webhook: {url: "https://chat.example/hooks/1", header_file: /etc/dropwatch/chat}}
`
	want := map[string]Action{
		"bell": {Bell: true}, "lines": {Log: true}, "loghost": {Syslog: "syslog+tcp://loghost?facility=local0"},
		"page": {Command: []string{"/usr/local/bin/page", "--", "{text}"}, Timeout: 5 * time.Second},
		"chat": {Webhook: Webhook{URL: "https://chat.example/hooks/1", HeaderFile: "/etc/dropwatch/chat"}},
	}
	var got map[string]Action
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	rules := []alert.Rule{{Name: "a", Actions: []string{"log", "page", "chat"}}, {Name: "b"}}
	if err := Check(got, rules); err != nil {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		action Action
		want   string
	}{
		{Action{}, "want exactly one of log, syslog, command, webhook and bell, not 0"},
		{Action{Log: true, Bell: true}, "want exactly one of log, syslog, command, webhook and bell, not 2"},
		{Action{Log: true, Timeout: time.Hour}, "timeout: 1h0m0s: must be from 0s to 10m0s"},
		{Action{Command: []string{"mail"}}, `command: "mail": want the absolute path of a program; a shell is one, such as /bin/sh`},
		{Action{Command: []string{"/bin/true", "a\x00"}}, "command: an argument has a zero byte"},
		{Action{Webhook: Webhook{HeaderFile: "/x"}}, "webhook: url: is missing"},
		{Action{Webhook: Webhook{URL: "ftp://host/x"}}, "webhook: url: want one such as https://HOST/PATH"},
		{Action{Webhook: Webhook{URL: "http://"}}, "webhook: url: want one such as https://HOST/PATH"},
		{Action{Webhook: Webhook{URL: "https://me:secret@host/x"}}, "webhook: url: a name and password do not belong there: put a line Authorization: into a header_file"},
		{Action{Webhook: Webhook{URL: "https://me:sec/ret@host:x/?q=secret%zz"}}, "webhook: url: want one such as https://HOST/PATH"},
		{Action{Syslog: "loghost"}, `syslog: read destination "loghost": use syslog, syslog://HOST[:514], syslog+tcp://HOST[:514], syslog+tls://HOST[:6514] or syslog+unix:///PATH`},
	} {
		if err := test.action.Check(); err == nil || err.Error() != test.want {
			t.Errorf("%+v:\n%v\nwant:\n%s", test.action, err, test.want)
		}
	}
	err := Check(map[string]Action{"": {Log: true}, "x": {}}, []alert.Rule{{Name: "r", Actions: []string{"y"}}})
	const want = `action "": want a name of 1 to 64 bytes of printable text
action "x": want exactly one of log, syslog, command, webhook and bell, not 0
alert "r": actions: there is no action "y"`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant:\n%s", err, want)
	}
}
