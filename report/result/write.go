package result

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile stores b at path atomically, replacing an existing file: it writes and syncs a
// temporary file in the same directory and renames it. It follows symbolic links and writes to
// devices and pipes directly.
func WriteFile(path string, b []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return os.WriteFile(path, b, 0o644)
	}
	return writeViaTemporary(path, b, os.Rename)
}

// CreateFile is WriteFile for a path that must not exist; otherwise it returns fs.ErrExist.
func CreateFile(path string, b []byte) error {
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	return writeViaTemporary(path, b, func(temporary, path string) error {
		err := os.Link(temporary, path) // unlike Rename, fails if path exists
		if err == nil || errors.Is(err, fs.ErrExist) {
			return errors.Join(err, os.Remove(temporary))
		}
		return os.Rename(temporary, path) // no hard links on this file system
	})
}

// writeViaTemporary writes a temporary file beside path and calls place to give it its name.
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

// writeAndSync writes a file and flushes it to disk.
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

// writeError returns err with the path that the user knows in place of the temporary one.
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

// CheckWritable checks that files can be written in the existing directory dir by writing a small
// one.
func CheckWritable(dir string) error {
	const size = 64 << 10 // smaller than a report
	path := filepath.Join(dir, fmt.Sprintf(".rtbench-%d.probe", os.Getpid()))
	err := writeAndSync(path, make([]byte, size))
	_ = os.Remove(path)
	if err != nil {
		return writeError(dir, err)
	}
	return nil
}
