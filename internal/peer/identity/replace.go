package identity

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ReplaceFile gives a file new content, so that whoever reads it, and whoever
// comes after a loss of power, finds all of the old or all of the new. When it
// fails, as on a full disk, the old file stays. The directory must exist.
func ReplaceFile(path string, data []byte, mode fs.FileMode) error {
	temp, err := writeTemp(path, data, mode)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		os.Remove(temp)
		return fmt.Errorf("replace file: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// createFile is ReplaceFile for a file that must not exist: of two that create
// it at the same time one gets fs.ErrExist.
func createFile(path string, data []byte, mode fs.FileMode) error {
	temp, err := writeTemp(path, data, mode)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	if err := os.Link(temp, path); err != nil {
		return fmt.Errorf("create file: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// writeTemp writes a file next to path that is on the disk when it returns.
func writeTemp(path string, data []byte, mode fs.FileMode) (name string, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+tempMark) // mode 0600
	if err != nil {
		return "", fmt.Errorf("write file: %w", err)
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Chmod(mode)
	}
	if err == nil {
		err = file.Sync()
	}
	if e := file.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(file.Name())
		return "", fmt.Errorf("write file: %w", err)
	}
	return file.Name(), nil
}

// tempMark is in the names of files that are not complete.
const tempMark = ".new-"

// RemoveTemps removes what a killed writer of path left behind. Nobody may write
// to it meanwhile.
func RemoveTemps(path string) {
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+tempMark+"*"))
	if err != nil {
		return
	}
	for _, name := range left {
		os.Remove(name)
	}
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return nil
}
