package identity

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// A file of known hosts has a title, one line for each host with its quoted
// name, id and public key, and the number of hosts as its last line, so that a
// file that was cut is not taken for one with fewer hosts.
const (
	hostsTitle = "dropwatch known hosts 1"
	hostsEnd   = "hosts "
)

// maxHostsFile bounds what is read.
const maxHostsFile = 64 << 20

func (k *Known) load() error {
	info, err := os.Stat(k.path)
	if missing(err) {
		return nil
	}
	if err == nil && info.Size() > maxHostsFile {
		err = fmt.Errorf("%s has %d bytes, at most %d are allowed", k.path, info.Size(), maxHostsFile)
	}
	if err != nil {
		return fmt.Errorf("read known hosts: %w", err)
	}
	data, err := os.ReadFile(k.path)
	if err != nil {
		return fmt.Errorf("read known hosts: %w", err)
	}
	hosts, err := parseHosts(data)
	if err != nil {
		return fmt.Errorf("read known hosts: %s: %w: restore the file, or remove it to accept all keys anew", k.path, err)
	}
	for _, host := range hosts {
		k.put(host)
	}
	return nil
}

func formatHosts(hosts []Host) []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, hostsTitle)
	for _, host := range hosts {
		fmt.Fprintln(&b, strconv.Quote(host.Name), host.ID, base64.StdEncoding.EncodeToString(host.Key))
	}
	fmt.Fprintf(&b, "%s%d\n", hostsEnd, len(hosts))
	return b.Bytes()
}

func parseHosts(data []byte) ([]Host, error) {
	text, whole := strings.CutSuffix(string(data), "\n")
	lines := strings.Split(text, "\n")
	last := lines[len(lines)-1]
	if !whole || lines[0] != hostsTitle || last != hostsEnd+strconv.Itoa(len(lines)-2) {
		return nil, errors.New("not whole")
	}
	hosts := make([]Host, 0, len(lines)-2)
	names, ids := map[string]bool{}, map[ID]bool{}
	for i, line := range lines[1 : len(lines)-1] {
		host, err := parseHost(line)
		if err == nil && (names[host.Name] || ids[host.ID]) {
			err = errors.New("name or id is there twice")
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		names[host.Name], ids[host.ID] = true, true
		hosts = append(hosts, host)
	}
	return hosts, nil
}

func parseHost(line string) (Host, error) {
	quoted, err := strconv.QuotedPrefix(line)
	if err != nil {
		return Host{}, errors.New("no quoted name")
	}
	name, err := strconv.Unquote(quoted)
	if err != nil || quoted[0] != '"' || name == "" || len(name) > maxName {
		return Host{}, errors.New("no name of a host")
	}
	fields := strings.Split(strings.TrimPrefix(line[len(quoted):], " "), " ")
	if len(fields) != 2 {
		return Host{}, errors.New("not a name, an id and a key")
	}
	id, err := ParseID(fields[0])
	if err != nil {
		return Host{}, err
	}
	key, err := base64.StdEncoding.Strict().DecodeString(fields[1])
	if err != nil || len(key) != ed25519.PublicKeySize || IDOf(key) != id {
		return Host{}, errors.New("key and id do not belong together")
	}
	return Host{ID: id, Name: name, Key: key}, nil
}
