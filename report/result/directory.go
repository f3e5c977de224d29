package result

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// A Directory holds the result of one run. During the run its journal is there, and no other run
// can claim it. It is not safe for concurrent use.
type Directory struct {
	Path string

	made    []string // directories created by Claim, parents first
	journal *journal
	written bool
}

// A TakenError reports a path that is a file, or a directory that holds a result or belongs to
// another run.
type TakenError struct{ Path, Why string }

// Error implements error.
func (e *TakenError) Error() string {
	return fmt.Sprintf("%s %s; choose another directory with --out", e.Path, e.Why)
}

// Claim creates the directory path, or takes over an existing one without a result, and checks that
// it is writable. If several runs claim the same path, one succeeds. The caller must call Release.
func Claim(path string) (*Directory, error) {
	return claim(path, os.O_EXCL)
}

// ClaimAgain is like Claim but takes over a directory regardless of its contents.
func ClaimAgain(path string) (*Directory, error) {
	return claim(path, os.O_TRUNC)
}

func claim(path string, mode int) (*Directory, error) {
	d := &Directory{Path: path}
	var err error
	if d.made, err = mkdirAll(path); err != nil {
		return nil, err
	}
	exclusive := mode == os.O_EXCL
	if exclusive && holds(path, FileName) {
		return nil, &TakenError{path, "already holds a result"}
	}
	f, err := os.OpenFile(filepath.Join(path, JournalName), os.O_CREATE|os.O_WRONLY|mode, 0o644)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, &TakenError{path, fmt.Sprintf("belongs to a run that is still going or was killed (see `rtbench report %s`)", path)}
	case err != nil:
		RemoveMade(d.made)
		return nil, writeError(path, err)
	}
	d.journal = &journal{file: f}
	err = CheckWritable(path)
	if exclusive && holds(path, FileName) { // stored by another run since the check above
		err = &TakenError{path, "already holds a result"}
	}
	if err != nil {
		d.Release()
		return nil, err
	}
	return d, nil
}

// Keep appends a finished repetition of cell c to the journal, so that it survives a crash. res is
// the result it belongs to.
func (d *Directory) Keep(res *Result, c *Cell, r *Repetition) error {
	return d.journal.add(res, c, r)
}

// Kept reports whether the journal holds every repetition so far, and at least one.
func (d *Directory) Kept() bool { return d.journal.kept > 0 && d.journal.err == nil }

// Write stores the result. The journal is obsolete afterwards.
func (d *Directory) Write(r *Result) error {
	err := Write(d.Path, r)
	d.written = holds(d.Path, FileName)
	return err
}

// Written reports whether result.json is stored, even if writing another file failed.
func (d *Directory) Written() bool { return d.written }

// Release gives up the claim. It keeps a journal with repetitions that were not stored in a result,
// and removes a directory created for a run that never began.
func (d *Directory) Release() {
	_ = d.journal.file.Close()
	if !d.written && d.journal.kept > 0 {
		return
	}
	_ = os.Remove(d.journal.file.Name())
	if !d.written {
		RemoveMade(d.made)
	}
}

const maxNames = 1000

// MakeNew creates a new directory: path, or path-2, path-3 and so on. made lists the directories it
// created, parents first.
func MakeNew(path string) (name string, made []string, err error) {
	for n := 1; n <= maxNames; n++ {
		if name = path; n > 1 {
			name = fmt.Sprintf("%s-%d", path, n)
		}
		parents, err := mkdirAll(filepath.Dir(name))
		if err != nil {
			return "", nil, err
		}
		switch err := os.Mkdir(name, 0o755); {
		case err == nil:
			return name, append(parents, name), nil
		case errors.Is(err, fs.ErrNotExist): // another run has just removed the parent
			continue
		case !errors.Is(err, fs.ErrExist):
			RemoveMade(parents)
			return "", nil, writeError(name, err)
		}
	}
	return "", nil, fmt.Errorf("%s: %d directories of this name exist; choose another with --out", path, maxNames)
}

// mkdirAll is os.MkdirAll that also returns the directories it created, parents first.
func mkdirAll(path string) (made []string, err error) {
	var missing []string
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			return nil, &TakenError{at, "is a file"}
		}
		if err == nil || at == filepath.Dir(at) {
			break
		}
		missing = append(missing, at)
	}
	slices.Reverse(missing)
	for _, at := range missing {
		switch err := os.Mkdir(at, 0o755); {
		case err == nil:
			made = append(made, at)
		case !errors.Is(err, fs.ErrExist):
			RemoveMade(made)
			return nil, writeError(at, err)
		}
	}
	return made, nil
}

// RemoveMade removes the directories created by MakeNew that are still empty, children first.
func RemoveMade(made []string) {
	for _, at := range slices.Backward(made) {
		_ = os.Remove(at)
	}
}
