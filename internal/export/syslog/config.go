package syslog

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// A Network is a way to a daemon.
type Network uint8

// Networks. Unix is a datagram socket or, if it is not one, a stream.
const (
	Unix Network = iota
	UDP
	TCP
	TLS
)

// A Format is how messages are written.
type Format uint8

// Formats. The default is BSD on Unix sockets and RFC 5424 elsewhere.
const (
	DefaultFormat Format = iota
	FormatRFC5424
	FormatBSD // RFC 3164; on Unix sockets without the host, as syslog(3) does
)

// ParseFormat reads "rfc5424", "rfc3164" or "bsd", which is the same.
func ParseFormat(text string) (Format, error) {
	switch text {
	case "rfc5424":
		return FormatRFC5424, nil
	case "rfc3164", "bsd":
		return FormatBSD, nil
	}
	return 0, fmt.Errorf("unknown syslog format %q: use rfc5424 or rfc3164", text)
}

// DevLog is the socket of the syslog daemon of the host.
const DevLog = "/dev/log"

// DefaultSDID names the structured data. Names need the number of an enterprise;
// 32473 is the one that RFC 5612 keeps for examples, for this program has none.
const DefaultSDID = "dropwatch@32473"

// A Config says where to send and how to write. The zero value is the daemon of
// this host.
type Config struct {
	Network Network
	// Address is HOST:PORT, or the path of a Unix socket; empty means DevLog.
	Address string
	Format  Format
	// Facility is what the daemon sorts by; the zero value means Daemon.
	Facility Facility
	// Tag is the name of the program; empty means "dropwatch".
	Tag string
	// Hostname is this host; empty means the kernel's name for it.
	Hostname string
	// SDID is the name of the structured data; empty means DefaultSDID.
	SDID string
	// MaxBytes bounds a message: longer ones are cut, the text first, and then
	// fields are left out. 0 means 1400 with UDP, which needs no fragments, and
	// 8096 else, which is what rsyslog takes unless told otherwise.
	MaxBytes int
	// Timeout is how long to wait for a connection; 0 means 10 s.
	Timeout time.Duration
	TLS     TLSConfig
}

// minBytes is room for the head of a message, and what every receiver takes.
const minBytes = 480

// Validate tells what is wrong with the configuration.
func (c *Config) Validate() error {
	switch {
	case c.MaxBytes != 0 && c.MaxBytes < minBytes:
		return fmt.Errorf("syslog messages of at most %d bytes are too short: use %d or more", c.MaxBytes, minBytes)
	case c.MaxBytes > 65000:
		return fmt.Errorf("syslog messages of %d bytes are too long: use 65000 or less", c.MaxBytes)
	case c.Network != Unix && c.Address == "":
		return errors.New("no syslog host: use HOST:PORT")
	case c.Facility > Local7:
		return fmt.Errorf("unknown syslog facility %d", c.Facility)
	}
	for _, name := range []struct{ what, text string }{{"tag", c.Tag}, {"host name", c.Hostname}, {"structured data ID", c.SDID}} {
		if err := checkName(name.what, name.text); err != nil {
			return err
		}
	}
	return nil
}

// checkName finds what cannot stand in the head of a message.
func checkName(what, text string) error {
	longest := map[string]int{"tag": 48, "host name": 255, "structured data ID": 32}[what]
	if len(text) > longest {
		return fmt.Errorf("syslog %s %q is longer than %d bytes", what, text, longest)
	}
	for _, c := range []byte(text) {
		bad := c <= ' ' || c >= 0x7f
		if what == "structured data ID" {
			bad = bad || c == '=' || c == ']' || c == '"'
		}
		if what == "tag" { // these end the tag in RFC 3164
			bad = bad || c == ':' || c == '[' || c == ']'
		}
		if bad {
			return fmt.Errorf("syslog %s %q: the character %q cannot be in it", what, text, c)
		}
	}
	return nil
}

// withDefaults fills in what is empty.
func (c Config) withDefaults() Config {
	if c.Network == Unix && c.Address == "" {
		c.Address = DevLog
	}
	if c.Format == DefaultFormat {
		c.Format = FormatRFC5424
		if c.Network == Unix {
			c.Format = FormatBSD
		}
	}
	if c.Facility == 0 {
		c.Facility = Daemon
	}
	if c.Tag == "" {
		c.Tag = "dropwatch"
	}
	if c.Hostname == "" {
		c.Hostname = thisHost()
	}
	if c.SDID == "" {
		c.SDID = DefaultSDID
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 8096
		if c.Network == UDP {
			c.MaxBytes = 1400
		}
	}
	if c.Timeout <= 0 {
		c.Timeout = 10 * time.Second
	}
	return c
}

// thisHost is "-", which means unknown, if the name cannot be written.
func thisHost() string {
	name, err := os.Hostname()
	if err != nil || name == "" || checkName("host name", name) != nil {
		return "-"
	}
	return name
}
