package result

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile stores b at path, replacing an existing file. The file appears whole or not at
// all: b goes to a temporary file in the same directory, which is synced and then renamed. A
// symbolic link is followed; a device or a pipe is written directly.
func WriteFile(path string, b []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return os.WriteFile(path, b, 0o644)
	}
	return writeViaTemporary(path, b, os.Rename)
}

// CreateFile is WriteFile for a path that must not exist yet: then the error is fs.ErrExist.
func CreateFile(path string, b []byte) error {
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	return writeViaTemporary(path, b, func(temporary, path string) error {
		err := os.Link(temporary, path) // fails if the path exists, unlike Rename
		if err == nil || errors.Is(err, fs.ErrExist) {
			return errors.Join(err, os.Remove(temporary))
		}
		return os.Rename(temporary, path) // a file system without links
	})
}

// writeViaTemporary writes a temporary file beside path and has place give it the name.
func writeViaTemporary(path string, b []byte, place func(temporary, path string) error) error {
	temporary := fmt.Sprintf("%s.%d.part", path, os.Getpid())
	err := writeAndSync(temporary, b)
	if err == nil {
		err = place(temporary, path)
	}
	if err != nil {
		_ = os.Remove(temporary)
		return writeError(path, err)
	}
	return nil
}

// writeAndSync writes a file and waits until it is on the disk.
func writeAndSync(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// writeError names the path that the user knows in place of a temporary one.
func writeError(path string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		err = l.Err
	}
	return &fs.PathError{Op: "write", Path: path, Err: err}
}

// CheckWritable reports whether files can be written in dir, which exists: it writes
// a small one and removes it.
func CheckWritable(dir string) error {
	const size = 64 << 10 // less than a report takes
	path := filepath.Join(dir, fmt.Sprintf(".rtbench-%d.probe", os.Getpid()))
	err := writeAndSync(path, make([]byte, size))
	_ = os.Remove(path)
	if err != nil {
		return writeError(dir, err)
	}
	return nil
}
