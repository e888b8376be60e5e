package vmtest

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// maxFile bounds one file of a package, in bytes.
const maxFile = 200 << 20

// A moduleTree is a directory with the modules of one kernel below
// lib/modules/RELEASE, as depmod wants it.
type moduleTree struct {
	root, release string
}

func (t moduleTree) modules() string { return filepath.Join(t.root, "lib/modules", t.release) }

// unpack takes the boot image and the modules out of packages.
func unpack(ctx context.Context, root string, packages []string) ([]byte, moduleTree, error) {
	tree := moduleTree{root: root}
	var image []byte
	for _, name := range packages {
		err := eachFile(ctx, name, func(file string, content io.Reader) error {
			below, found := strings.CutPrefix(strings.TrimPrefix(file, "usr/"), "lib/modules/")
			// newer releases keep the boot image with the modules
			if strings.HasPrefix(file, "boot/vmlinuz-") || found && path.Base(below) == "vmlinuz" {
				data, err := io.ReadAll(io.LimitReader(content, maxFile))
				image = data
				return err
			}
			if !found {
				return nil
			}
			release, inside, _ := strings.Cut(below, "/")
			if tree.release != "" && tree.release != release {
				return fmt.Errorf("modules of both %s and %s", tree.release, release)
			}
			tree.release = release
			return copyTo(filepath.Join(tree.modules(), filepath.FromSlash(inside)), content)
		})
		if err != nil {
			return nil, tree, fmt.Errorf("unpack %s: %w", filepath.Base(name), err)
		}
	}
	if image == nil || tree.release == "" {
		return nil, tree, errors.New("unpack packages: boot image or modules are missing")
	}
	return image, tree, nil
}

// eachFile calls do for each regular file of a package.
func eachFile(ctx context.Context, name string, do func(file string, content io.Reader) error) error {
	cmd := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", name)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = walkTar(pipe, do)
	pipe.Close()
	// stopping early breaks dpkg-deb's pipe: that is no error of its own
	if failed := cmd.Wait(); err == nil {
		err = failed
	}
	return err
}

func walkTar(r io.Reader, do func(file string, content io.Reader) error) error {
	archive := tar.NewReader(r)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			_, err := io.Copy(io.Discard, r)
			return err
		}
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path.Clean("/"+header.Name), "/")
		if header.Typeflag != tar.TypeReg || header.Size > maxFile {
			continue
		}
		if err := do(name, archive); err != nil {
			return err
		}
	}
}

func copyTo(name string, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
