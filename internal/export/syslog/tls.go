package syslog

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
)

// A TLSConfig says whom to trust, and who we are. The zero value trusts the
// certificates that the host trusts, and shows none.
type TLSConfig struct {
	// CAFile holds the certificates to trust instead, as PEM.
	CAFile string
	// CertFile and KeyFile hold our own certificate and its key, as PEM.
	CertFile, KeyFile string
	// ServerName is the name that the server's certificate must have; empty
	// means the host of the address.
	ServerName string
}

// config reads the files.
func (t *TLSConfig) config(address string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if c.ServerName == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("read address %s: %w", address, err)
		}
		c.ServerName = host
	}
	if t.CAFile != "" {
		text, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read CA certificates: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("read CA certificates: %s holds none: it should have lines BEGIN CERTIFICATE", t.CAFile)
		}
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		return nil, errors.New("a client certificate needs its key, and a key its certificate: give both files")
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read client certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
