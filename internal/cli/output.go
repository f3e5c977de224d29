package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"rtbench/report/html"
	"rtbench/report/result"
)

// An output is the result directory of a command: it holds one result, or several in
// subdirectories (parts). This process claims it before the first message and keeps it until release.
type output struct {
	path  string
	made  []string // see result.MakeNew
	parts []part
}

type part struct {
	name string // relative to the output; empty if there is only one
	dir  *result.Directory
}

// claimOutput claims the directory of --out, or a new one, results/TIME-name. Claiming it before
// the run ensures that the result can be written and replaces no other.
func claimOutput(out, name string, parts ...string) (*output, error) {
	o := &output{path: out}
	if out == "" {
		var err error
		if o.path, o.made, err = newDirectory(name); err != nil {
			return nil, err
		}
	}
	if len(parts) == 0 {
		parts = []string{""}
	}
	for _, name := range parts {
		d, err := result.Claim(filepath.Join(o.path, name))
		if err != nil {
			o.release()
			return nil, claimError(out, err)
		}
		o.parts = append(o.parts, part{name, d})
	}
	return o, nil
}

// reclaimOutput claims the directory of an interrupted run again, whose result so far is res. The journal
// holds all of it before the old files are removed.
func reclaimOutput(path string, res *result.Result) (*output, error) {
	if err := result.Write(path, res); err != nil {
		return nil, err
	}
	d, err := result.ClaimAgain(path)
	if err != nil {
		return nil, claimError(path, err)
	}
	for c, r := range res.Repetitions() {
		if err := d.Keep(res, c, r); err != nil {
			d.Release()
			return nil, claimError(path, err)
		}
	}
	return &output{path: path, parts: []part{{"", d}}}, os.Remove(filepath.Join(path, result.FileName))
}

// newDirectory creates a directory in results that no other run uses.
func newDirectory(name string) (path string, made []string, err error) {
	path, made, err = result.MakeNew(filepath.Join("results", time.Now().Format("20060102-150405")+"-"+name))
	if err != nil {
		return "", nil, claimError("", err)
	}
	return path, made, nil
}

// claimError returns the error for a directory that cannot be claimed.
func claimError(out string, err error) error {
	var taken *result.TakenError
	switch {
	case errors.As(err, &taken):
		return exitCodeError{err, exitUsage}
	case out == "":
		return fmt.Errorf("nothing was run, because the result cannot be stored: %w; choose another directory with --out", err)
	}
	return fmt.Errorf("--out %s: nothing was run, because the result cannot be stored: %w; choose another directory", out, err)
}

// keep adds a repetition to the journal of a part. store reports the error, if any.
func (o *output) keep(name string, res *result.Result, c *result.Cell, r *result.Repetition) {
	if i := slices.IndexFunc(o.parts, func(p part) bool { return p.name == name }); i >= 0 {
		_ = o.parts[i].dir.Keep(res, c, r)
	}
}

// release gives up the claim, and removes the directory if the run never began.
func (o *output) release() {
	for _, p := range o.parts {
		p.dir.Release()
	}
	result.RemoveMade(o.made)
}

// store writes the results by part, calls more to add files, and returns the directory: a
// temporary one if writing to the output failed, empty if that failed as well. The error says
// which files are missing and how to recover them.
func (o *output) store(results map[string]*result.Result, more func(dir string) error) (at string, err error) {
	whole := true
	var errs []error
	for _, p := range o.parts {
		if r := results[p.name]; r != nil {
			errs = append(errs, p.dir.Write(r))
			whole = whole && p.dir.Written()
		}
	}
	if !whole {
		return o.storeElsewhere(results, more, oneLine(errs...))
	}
	if more != nil {
		errs = append(errs, more(o.path))
	}
	if len(o.made) > 0 {
		pointLatest(o.path)
	}
	if err := oneLine(errs...); err != nil {
		return o.path, exitError(exitFailed, "the result is in %s, but some of its files are missing: %w; `rtbench report %s --format NAME` prints them", o.path, err, o.path)
	}
	return o.path, nil
}

// oneLine joins errors on one line.
func oneLine(errs ...error) error {
	var out error
	for _, err := range errs {
		switch {
		case err != nil && out != nil:
			out = fmt.Errorf("%w; %w", out, err)
		case err != nil:
			out = err
		}
	}
	return out
}

// storeElsewhere writes the results to a temporary directory.
func (o *output) storeElsewhere(results map[string]*result.Result, more func(dir string) error, cause error) (at string, err error) {
	var missing error
	at, err = writeElsewhere("result", o.path, cause, func(dir string) error {
		for name, r := range results {
			if err := result.Write(filepath.Join(dir, name), r); err != nil {
				return err
			}
		}
		if more != nil {
			missing = more(dir)
		}
		return nil
	})
	switch {
	case at != "":
		err = oneLine(err, missing)
	case slices.ContainsFunc(o.parts, func(p part) bool { return results[p.name] != nil && !p.dir.Kept() }):
		err = fmt.Errorf("%w; only the printed report is left; free some space and run it again", err)
	default:
		err = fmt.Errorf("%w; the repetitions are kept in %s there, which `rtbench report` reads", err, result.JournalName)
	}
	return at, exitError(exitFailed, "%w", err)
}

// writeElsewhere writes to a temporary directory, after writing to path failed with cause. It
// returns the directory, empty if this failed as well, and the error for the user.
func writeElsewhere(what, path string, cause error, write func(dir string) error) (dir string, err error) {
	dir, err = os.MkdirTemp("", "rtbench-")
	if err == nil {
		err = write(dir)
	}
	if err == nil {
		return dir, fmt.Errorf("cannot write the %s to %s: %w; it is in %s instead", what, path, cause, dir)
	}
	if dir != "" {
		_ = os.RemoveAll(dir)
	}
	return "", fmt.Errorf("cannot write the %s to %s: %w, or to %s: %w", what, path, cause, os.TempDir(), err)
}

// writeReport writes report.html into dir.
func writeReport(dir string, write func(io.Writer) error) error {
	var out bytes.Buffer
	if err := write(&out); err != nil {
		return fmt.Errorf("writing the HTML report: %w", err)
	}
	return result.WriteFile(filepath.Join(dir, html.FileName), out.Bytes())
}
