package syslog_test

import (
	"fmt"

	"dropwatch/internal/export/syslog"
)

func ExampleParseURL() {
	c, err := syslog.ParseURL("syslog+tls://loghost?ca=/etc/ssl/loghost.pem&facility=local0")
	fmt.Println(c.Address, c.Facility, c.TLS.CAFile, err)
	_, err = syslog.ParseURL("syslog+unix://run/log")
	fmt.Println(err)
	// Output:
	// loghost:6514 local0 /etc/ssl/loghost.pem <nil>
	// read destination "syslog+unix://run/log": a socket has an absolute path: use syslog+unix:///PATH
}
