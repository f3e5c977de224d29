package result

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// A Directory holds the result of one run. While the run goes on, the directory belongs to
// it: its journal is there, and nobody else can claim it. A Directory is used by one
// goroutine at a time.
type Directory struct {
	Path string

	made    []string // directories that did not exist before, parents first
	journal *journal
	written bool // the result is stored
}

// A TakenError reports a path that is a file, or a directory that holds a result or belongs
// to another run.
type TakenError struct{ Path, Why string }

// Error names the path, the reason and the remedy.
func (e *TakenError) Error() string {
	return fmt.Sprintf("%s %s; choose another directory with --out", e.Path, e.Why)
}

// Claim makes the directory path, or takes an existing one that holds no result, and checks
// that files can be written there. Of several runs that claim one path at the same time,
// one gets it. The caller calls Release.
func Claim(path string) (*Directory, error) {
	return claim(path, os.O_EXCL)
}

// ClaimAgain is Claim for a directory that the caller knows is its own, whatever an earlier
// run left in it.
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
	if exclusive && d.holdsResult() {
		return nil, d.errHoldsResult()
	}
	f, err := os.OpenFile(filepath.Join(path, JournalName), os.O_CREATE|os.O_WRONLY|mode, 0o644)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, &TakenError{path, fmt.Sprintf("belongs to a run that is still going or was killed (see `rtbench report %s`)", path)}
	case err != nil:
		removeEmpty(d.made)
		return nil, writeError(path, err)
	}
	d.journal = &journal{file: f}
	// Another run may have stored its result and given up its claim since the check above.
	if exclusive && d.holdsResult() {
		d.Release()
		return nil, d.errHoldsResult()
	}
	if err := CheckWritable(path); err != nil {
		d.Release()
		return nil, err
	}
	return d, nil
}

func (d *Directory) holdsResult() bool { return hasResult(d.Path) }

func (d *Directory) errHoldsResult() error {
	return &TakenError{d.Path, "holds a result already"}
}

// Keep adds a repetition that has ended to the journal, so that it survives whatever happens
// to this process. res is the result of which it is part.
func (d *Directory) Keep(res *Result, c *Cell, r *Repetition) error {
	return d.journal.add(res, c, r)
}

// Kept reports whether every repetition so far is in the journal, and there is one.
func (d *Directory) Kept() bool { return d.journal.kept > 0 && d.journal.err == nil }

// Write stores the result. Then the journal is not needed any more.
func (d *Directory) Write(r *Result) error {
	err := Write(d.Path, r)
	d.written = d.holdsResult()
	return err
}

// Written reports whether result.json is stored, even if another file is not.
func (d *Directory) Written() bool { return d.written }

// Release gives up the claim. A journal stays if it holds repetitions that no result has;
// a directory that was made for a run that never began is removed.
func (d *Directory) Release() {
	_ = d.journal.file.Close()
	if !d.written && d.journal.kept > 0 {
		return
	}
	_ = os.Remove(d.journal.file.Name())
	if !d.written {
		removeEmpty(d.made)
	}
}

// maxNames bounds the search for a free name.
const maxNames = 1000

// MakeNew makes a directory that did not exist: path, or path-2, path-3 and so on. made
// lists the directories it made, missing parents first.
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
			removeEmpty(parents)
			return "", nil, writeError(name, err)
		}
	}
	return "", nil, fmt.Errorf("%s: %d directories of this name exist; choose another with --out", path, maxNames)
}

// mkdirAll is os.MkdirAll that returns the directories it made, parents first.
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
			removeEmpty(made)
			return nil, writeError(at, err)
		}
	}
	return made, nil
}

// RemoveMade removes the directories that MakeNew made, if they are empty.
func RemoveMade(made []string) { removeEmpty(made) }

// removeEmpty removes the directories that are empty, children first.
func removeEmpty(made []string) {
	for _, at := range slices.Backward(made) {
		_ = os.Remove(at)
	}
}
