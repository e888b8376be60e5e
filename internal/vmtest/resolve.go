package vmtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// metaPackage depends on the newest kernel of its suite. This flavour is small
// and has all that a network without hardware needs.
const metaPackage = "linux-image-cloud-amd64"

// flavour ends the names of all packages of such a kernel.
const flavour = "-cloud-amd64"

// maxPackage bounds one download, in bytes.
const maxPackage = 100 << 20

// kernelPackages follows the dependencies of the meta package among packages
// of the same flavour. Newer releases spread a kernel over several packages.
// show returns the newest stanza of a package in the suite.
func kernelPackages(show func(name string) (stanza, error)) ([]stanza, error) {
	var found []stanza
	names := []string{metaPackage}
	for i := 0; i < len(names); i++ {
		if i >= 16 {
			return nil, fmt.Errorf("more than %d packages for one kernel", i)
		}
		s, err := show(names[i])
		if err != nil {
			return nil, err
		}
		if err := s.check(maxPackage); err != nil {
			return nil, fmt.Errorf("package %s: %w", names[i], err)
		}
		found = append(found, s)
		for _, name := range s.depends() {
			if strings.HasPrefix(name, "linux-") && strings.HasSuffix(name, flavour) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return found[1:], nil
}

// check refuses a package of more than limit bytes.
func (s stanza) check(limit uint64) error {
	size, err := strconv.ParseUint(s["Size"], 10, 64)
	if err != nil || size > limit {
		return fmt.Errorf("size %.20q is no number up to %d", s["Size"], limit)
	}
	if len(s["SHA256"]) != 64 {
		return fmt.Errorf("checksum %.80q is not one of SHA-256", s["SHA256"])
	}
	return nil
}

// newest picks the stanza that apt lists first, which is the newest version.
func newest(text, name string) (stanza, error) {
	all, err := parseStanzas(text)
	if err != nil {
		return nil, fmt.Errorf("parse index: %w", err)
	}
	for _, s := range all {
		if s["Package"] == name {
			return s, nil
		}
	}
	return nil, fmt.Errorf("no package %s", name)
}
