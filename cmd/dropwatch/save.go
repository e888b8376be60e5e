package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"dropwatch/internal/report"
)

// checkSave tells before a long watch what would make [save] fail after it. No
// path is right.
func checkSave(path string) error {
	if path == "" {
		return nil
	}
	path, err := saveTarget(path, "use --json and redirect the output")
	if err != nil {
		return fmt.Errorf("save summary: %w", err)
	}
	if err := unix.Access(filepath.Dir(path), unix.W_OK|unix.X_OK); err != nil {
		return fmt.Errorf("save summary: %w", &os.PathError{Op: "write into", Path: filepath.Dir(path), Err: err})
	}
	return nil
}

// save writes a summary to a file at once: whoever reads the file finds the old
// or the new one, never a part. No path writes nothing.
func save(path string, r *report.Summary) error {
	if path == "" {
		return nil
	}
	path, err := saveTarget(path, "use --json and redirect the output")
	if err == nil {
		err = replaceFile(path, r.WriteJSON)
	}
	if err != nil {
		return fmt.Errorf("save summary: %w", err)
	}
	return nil
}

// saveTarget is the file behind symbolic links. What is there must be a plain
// file, since it is replaced; the cure is for what is none.
func saveTarget(path, cure string) (string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no plain file; %s", path, cure)
	}
	return filepath.EvalSymlinks(path)
}

func replaceFile(path string, write func(io.Writer) error) (err error) {
	file, err := newBeside(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	err = write(file)
	if err == nil {
		// what was secret stays so
		if info, statErr := os.Stat(path); statErr == nil {
			err = file.Chmod(info.Mode().Perm())
		}
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// newBeside makes a file in the same directory, with the permissions that the
// user's umask gives to new files.
func newBeside(path string) (*os.File, error) {
	name := fmt.Sprintf(".%s.%d", filepath.Base(path), os.Getpid())
	return os.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, 0o666)
}
