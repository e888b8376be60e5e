package syslog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseURL(t *testing.T) {
	for text, want := range map[string]Config{
		"syslog":                                {},
		"syslog://loghost":                      {Network: UDP, Address: "loghost:514"},
		"syslog+udp://loghost:5514/":            {Network: UDP, Address: "loghost:5514"},
		"syslog+tcp://loghost":                  {Network: TCP, Address: "loghost:514"},
		"syslog+tcp://[2001:db8::1]":            {Network: TCP, Address: "[2001:db8::1]:514"},
		"syslog+tls://loghost":                  {Network: TLS, Address: "loghost:6514"},
		"syslog+unix:///run/log.sock":           {Network: Unix, Address: "/run/log.sock"},
		"syslog://h?format=bsd&facility=local3": {Network: UDP, Address: "h:514", Format: FormatBSD, Facility: 19},
		"syslog+tls://h:1?ca=/a&cert=/b&key=/c&name=n&tag=t&sdid=x@1&max=2000&format=rfc5424": {
			Network: TLS, Address: "h:1", Tag: "t", SDID: "x@1", MaxBytes: 2000, Format: FormatRFC5424,
			TLS: TLSConfig{CAFile: "/a", CertFile: "/b", KeyFile: "/c", ServerName: "n"}},
	} {
		got, err := ParseURL(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", text, err, diff)
		}
	}
}

func TestParseURLErrors(t *testing.T) {
	for text, cure := range map[string]string{
		"":                           "use syslog, syslog://HOST",
		"http://loghost":             "use syslog, syslog://HOST",
		"syslog:loghost":             "use syslog, syslog://HOST",
		"syslog+tcp://":              "use syslog, syslog://HOST",
		"syslog://user@loghost":      "use syslog, syslog://HOST",
		"syslog://loghost/path":      "leave it away",
		"syslog://loghost:0":         "from 1 to 65535",
		"syslog://loghost:99999":     "from 1 to 65535",
		"syslog://loghost:x":         "invalid port",
		"syslog+unix://run/log":      "use syslog+unix:///PATH",
		"syslog+unix:///":            "use syslog+unix:///PATH",
		"syslog://h?facility=local8": "use one of user, mail",
		"syslog://h?facility=kern":   "use one of user, mail",
		"syslog://h?format=json":     "use rfc5424 or rfc3164",
		"syslog://h?colour=red":      "use facility, tag",
		"syslog://h?ca=/a":           "are for syslog+tls",
		"syslog://h?max=100":         "use 480 or more",
		"syslog://h?max=x":           "no number of bytes",
		"syslog://h?max=70000":       "use 65000 or less",
		"syslog://h?tag=a%20b":       "cannot be in it",
		"syslog://h?tag=a:b":         "cannot be in it",
		"syslog://h?sdid=a]b":        "cannot be in it",
		"syslog://h?sdid=abcdefghijklmnopqrstuvwxyz@1234567": "longer than 32",
	} {
		if c, err := ParseURL(text); err == nil {
			t.Errorf("%q is read as %+v", text, c)
		} else if !strings.Contains(err.Error(), cure) || !strings.HasPrefix(err.Error(), "read destination ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v: does not say %q", text, err, cure)
		}
	}
}

func TestFacilities(t *testing.T) {
	for f := User; f <= Local7; f++ {
		if got, err := ParseFacility(strings.ToUpper(f.String())); err != nil || got != f {
			t.Errorf("%v is read as %v: %v", f, got, err)
		}
	}
	if Local0.String() != "local0" || Local7.String() != "local7" || Daemon.String() != "daemon" || Facility(99).String() != "facility99" {
		t.Error("names of facilities are wrong")
	}
}

func TestNewErrors(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		tls  TLSConfig
		want string
	}{
		{TLSConfig{CAFile: "/none"}, "read CA certificates: open /none"},
		{TLSConfig{CAFile: empty}, "should have lines BEGIN CERTIFICATE"},
		{TLSConfig{CertFile: empty}, "give both files"},
		{TLSConfig{CertFile: empty, KeyFile: empty}, "read client certificate"},
	} {
		if _, err := New(Config{Network: TLS, Address: "h:1", TLS: test.tls}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v", test.tls, err)
		}
	}
	if _, err := New(Config{Network: TCP}); err == nil {
		t.Error("no address is no error")
	}
}
