package syslog

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// errForms says what a destination can look like.
var errForms = errors.New("use syslog, syslog://HOST[:514], syslog+tcp://HOST[:514], syslog+tls://HOST[:6514] or syslog+unix:///PATH")

// ParseURL reads where to send to:
//
//	syslog                  /dev/log
//	syslog://HOST[:514]     UDP
//	syslog+tcp://HOST[:514]
//	syslog+tls://HOST[:6514]
//	syslog+unix:///PATH
//
// Options may follow as a query: facility, tag, format, max (bytes), sdid, and
// for TLS ca, cert, key (files) and name (of the server in its certificate), as
// in syslog+tls://loghost?ca=/etc/ssl/loghost.pem&facility=local0.
func ParseURL(text string) (Config, error) {
	c, err := parseURL(text)
	if err != nil {
		return Config{}, fmt.Errorf("read destination %q: %w", text, err)
	}
	return c, nil
}

func parseURL(text string) (c Config, err error) {
	if text == "syslog" {
		return c, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return c, fmt.Errorf("%w; %w", bareURL(err), errForms)
	}
	switch u.Scheme {
	case "syslog":
		c.Network = UDP
	case "syslog+udp":
		c.Network = UDP
	case "syslog+tcp":
		c.Network = TCP
	case "syslog+tls":
		c.Network = TLS
	case "syslog+unix":
		c.Network = Unix
	default:
		return c, errForms
	}
	if u.Opaque != "" || u.User != nil || u.Fragment != "" {
		return c, errForms
	}
	if c.Network == Unix {
		if u.Host != "" || !strings.HasPrefix(u.Path, "/") || u.Path == "/" {
			return c, errors.New("a socket has an absolute path: use syslog+unix:///PATH")
		}
		c.Address = u.Path
	} else if c.Address, err = hostPort(u, c.Network); err != nil {
		return c, err
	}
	if err := c.options(u.RawQuery); err != nil {
		return c, err
	}
	return c, c.Validate()
}

// bareURL takes off the text that the caller repeats.
func bareURL(err error) error {
	var inner *url.Error
	if errors.As(err, &inner) {
		return inner.Err
	}
	return err
}

func hostPort(u *url.URL, network Network) (string, error) {
	if u.Path != "" && u.Path != "/" {
		return "", fmt.Errorf("there is no path %q at a host: leave it away", u.Path)
	}
	if u.Hostname() == "" {
		return "", fmt.Errorf("no host: %w", errForms)
	}
	port := u.Port()
	switch {
	case port == "" && network == TLS:
		port = "6514"
	case port == "":
		port = "514"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("port %s is not from 1 to 65535", port)
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}

func (c *Config) options(query string) (err error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return err
	}
	for name, all := range values {
		value := all[0]
		switch name {
		case "facility":
			c.Facility, err = ParseFacility(value)
		case "tag":
			c.Tag = value
		case "format":
			c.Format, err = ParseFormat(value)
		case "sdid":
			c.SDID = value
		case "max":
			if c.MaxBytes, err = strconv.Atoi(value); err != nil || c.MaxBytes == 0 {
				return fmt.Errorf("option max=%s is no number of bytes", value)
			}
		case "ca":
			c.TLS.CAFile = value
		case "cert":
			c.TLS.CertFile = value
		case "key":
			c.TLS.KeyFile = value
		case "name":
			c.TLS.ServerName = value
		default:
			return fmt.Errorf("unknown option %q: use facility, tag, format, max, sdid, ca, cert, key or name", name)
		}
		if err != nil {
			return err
		}
	}
	if c.TLS != (TLSConfig{}) && c.Network != TLS {
		return errors.New("the options ca, cert, key and name are for syslog+tls")
	}
	return nil
}
