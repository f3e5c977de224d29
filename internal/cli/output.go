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

// An output is the directory in which a command stores what it measures: one result, or
// several in directories of their own, its parts. It belongs to this process from before
// the first message until release.
type output struct {
	path  string
	made  []string // see result.MakeNew
	parts []part
}

type part struct {
	name string // relative to the output; empty for the only one
	dir  *result.Directory
}

// claimOutput claims the directory that --out names, or a new one in results with the time
// and name in its name, so that no run is lost because its result cannot be written, and
// none replaces the result of another.
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

// newDirectory makes a directory in results that no other run has.
func newDirectory(name string) (path string, made []string, err error) {
	path, made, err = result.MakeNew(filepath.Join("results", time.Now().Format("20060102-150405")+"-"+name))
	if err != nil {
		return "", nil, claimError("", err)
	}
	return path, made, nil
}

// claimError is the error of a directory that cannot be used.
func claimError(out string, err error) error {
	var taken *result.TakenError
	switch {
	case errors.As(err, &taken):
		return exitCodeError{err, exitUsage}
	case out == "":
		return fmt.Errorf("no result could be stored here, so nothing was run: %w; choose another directory with --out", err)
	}
	return fmt.Errorf("--out %s: no result could be stored there, so nothing was run: %w; choose another directory", out, err)
}

// keep stores a repetition of a part as soon as it has ended. If that fails, so will store,
// which says so.
func (o *output) keep(name string, res *result.Result, c *result.Cell, r *result.Repetition) {
	if i := slices.IndexFunc(o.parts, func(p part) bool { return p.name == name }); i >= 0 {
		_ = o.parts[i].dir.Keep(res, c, r)
	}
}

// release gives the directory up. What was made for a run that never began is removed.
func (o *output) release() {
	for _, p := range o.parts {
		p.dir.Release()
	}
	result.RemoveMade(o.made)
}

// store writes the results by part, and more that belongs to them, and returns the directory
// that has them: a temporary one if the output cannot take them, empty if that cannot either.
// The error says what is not where it belongs, and what to do.
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
	if err := oneLine(errs...); err != nil {
		return o.path, exitError(exitFailed, "the result is in %s, but not all of its files: %w; `rtbench report %s --format NAME` makes them again", o.path, err, o.path)
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

// storeElsewhere stores the results in a temporary directory.
func (o *output) storeElsewhere(results map[string]*result.Result, more func(dir string) error, why error) (at string, err error) {
	at, err = os.MkdirTemp("", "rtbench-")
	for name, r := range results {
		if err == nil {
			err = result.Write(filepath.Join(at, name), r)
		}
	}
	if err == nil {
		if more != nil {
			err = more(at)
		}
		return at, exitError(exitFailed, "the result is in %s, as it could not be written to %s: %w", at, o.path, oneLine(why, err))
	}
	if at != "" {
		_ = os.RemoveAll(at)
	}
	lost := fmt.Errorf("the result could not be written to %s: %w; nor to %s: %w", o.path, why, os.TempDir(), err)
	if slices.ContainsFunc(o.parts, func(p part) bool { return results[p.name] != nil && !p.dir.Kept() }) {
		return "", exitError(exitFailed, "%w; only what is printed is left of it: free some space and run it again", lost)
	}
	return "", exitError(exitFailed, "%w; its repetitions are kept there in %s, which `rtbench report` reads", lost, result.JournalName)
}

// writeReport writes report.html into the directory of what it is about.
func writeReport(dir string, write func(io.Writer) error) error {
	var out bytes.Buffer
	if err := write(&out); err != nil {
		return fmt.Errorf("the HTML report: %w", err)
	}
	return result.WriteFile(filepath.Join(dir, html.FileName), out.Bytes())
}
