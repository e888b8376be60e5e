package vmtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// maxSource bounds the download of a kernel's whole source, in bytes.
const maxSource = 250 << 20

// buildPackages finds what a module for a release is built with: the headers,
// those that its flavours share, the build programs, and the source.
func buildPackages(show func(name string) (stanza, error), release string) (headers []stanza, source stanza, err error) {
	names := []string{"linux-headers-" + release}
	for i := 0; i < len(names); i++ {
		s, err := show(names[i])
		if err != nil {
			return nil, nil, fmt.Errorf("%w; if the suite has a newer kernel, refresh this one", err)
		}
		if err := s.check(maxPackage); err != nil {
			return nil, nil, fmt.Errorf("package %s: %w", names[i], err)
		}
		headers = append(headers, s)
		if i > 0 {
			continue
		}
		for _, name := range s.depends() {
			if strings.HasPrefix(name, "linux-headers-") || strings.HasPrefix(name, "linux-kbuild-") {
				names = append(names, name)
			}
		}
	}
	series, err := seriesOf(release)
	if err != nil {
		return nil, nil, err
	}
	if source, err = show("linux-source-" + series); err != nil {
		return nil, nil, err
	}
	if err := source.check(maxSource); err != nil {
		return nil, nil, fmt.Errorf("package %s: %w", source["Package"], err)
	}
	return headers, source, nil
}

// seriesOf is the part of a release that names the package of its source: 6.1
// of 6.1.0-50-cloud-amd64.
func seriesOf(release string) (string, error) {
	parts := strings.SplitN(release, ".", 3)
	if len(parts) < 3 || parts[0] == "" || parts[1] == "" {
		return "", fmt.Errorf("release %.60q has no series", release)
	}
	return parts[0] + "." + parts[1], nil
}

// unpackHeaders unpacks packages below root and returns the directory to build
// in. Its Makefile names the shared headers by their installed place.
func unpackHeaders(ctx context.Context, root, release string, debs []string) (string, error) {
	for _, deb := range debs {
		if _, err := output(exec.CommandContext(ctx, "dpkg-deb", "--extract", deb, root)); err != nil {
			return "", err
		}
	}
	build := filepath.Join(root, "usr/src/linux-headers-"+release)
	name := filepath.Join(build, "Makefile")
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	const installed = "include /usr/src/"
	if !bytes.HasPrefix(text, []byte(installed)) {
		return "", fmt.Errorf("makefile of the headers begins with %.60q, not with %q", text, installed)
	}
	text = append([]byte("include "+root+"/usr/src/"), text[len(installed):]...)
	return build, os.WriteFile(name, text, 0o644)
}

// driverSource is where the source of the module is, below the top directory.
const driverSource = "drivers/net/netdevsim/"

var errEnough = errors.New("all was found")

// unpackDriver copies the module's source out of the package with the kernel's.
func unpackDriver(ctx context.Context, deb, directory string) error {
	files := 0
	err := eachFile(ctx, deb, func(name string, content io.Reader) error {
		if !strings.HasPrefix(name, "usr/src/linux-source-") || !strings.HasSuffix(name, ".tar.xz") {
			return nil
		}
		return xzFiles(ctx, content, func(file string, content io.Reader) error {
			_, below, _ := strings.Cut(file, "/")
			base, inside := strings.CutPrefix(below, driverSource)
			switch {
			case inside && !strings.Contains(base, "/"):
				files++
				return copyTo(filepath.Join(directory, base), content)
			case files > 0 && !inside:
				return errEnough // archives have the files of a directory in one place
			}
			return nil
		})
	})
	if err == nil && files == 0 {
		return fmt.Errorf("%s has no %s", filepath.Base(deb), driverSource)
	}
	return err
}

// xzFiles calls do for each regular file of a compressed archive, until it
// returns errEnough.
func xzFiles(ctx context.Context, packed io.Reader, do func(name string, content io.Reader) error) error {
	cmd := exec.CommandContext(ctx, "xz", "-dc")
	cmd.Stdin = packed
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = walkTar(pipe, do)
	pipe.Close()
	failed := cmd.Wait()
	switch {
	case errors.Is(err, errEnough):
		return nil // that broke the pipe of xz
	case err != nil:
		return err
	}
	return failed
}
