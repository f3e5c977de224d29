package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// FileName is the name of the result file in its directory.
const FileName = "result.json"

// Write stores r in dir, creating it if necessary: result.json, and for each cell an interval log
// (.hlog) and a percentile distribution (.hgrm) for HdrHistogram's tools. Files are written
// atomically.
func Write(dir string, r *Result) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("result directory: %w", err)
	}
	for _, c := range r.Cells {
		if err := c.writeProfiles(dir); err != nil {
			return err
		}
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	if err := WriteFile(filepath.Join(dir, FileName), append(b, '\n')); err != nil {
		return err
	}
	for _, c := range r.Cells {
		base := filepath.Join(dir, c.fileName())
		if err := errors.Join(writeFile(base+".hlog", c.HLog), writeFile(base+".hgrm", c.HGRM)); err != nil {
			return err
		}
	}
	return nil
}

// fileName returns the beginning of the names of the cell's files.
func (c *Cell) fileName() string { return strings.NewReplacer("/", "_", "=", "-").Replace(c.ID) }

func writeFile(path string, content func() ([]byte, error)) error {
	b, err := content()
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return WriteFile(path, b)
}

// Read reads a result from a directory or from its result.json. For a run that did not end, it
// reads the journal instead and sets Unfinished.
func Read(path string) (*Result, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		name := FileName
		if !holds(path, name) && holds(path, JournalName) {
			name = JournalName
		}
		path = filepath.Join(path, name)
	}
	r, err := readEncoded(path)
	if err == nil {
		r.unpack()
	}
	return r, err
}

// readEncoded reads a result or a journal, and leaves its histograms encoded.
func readEncoded(path string) (*Result, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no result found; expected a directory written by `rtbench run`, or its %s", path, FileName)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the result: %w", err)
	}
	read := decode
	if filepath.Base(path) == JournalName {
		read = decodeJournal
	}
	r, err := read(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// holds reports whether a directory holds a file of that name.
func holds(dir, name string) bool {
	info, err := os.Stat(filepath.Join(dir, name))
	return err == nil && info.Mode().IsRegular()
}

// unpack decodes the histograms that every report needs.
func (r *Result) unpack() {
	for _, rep := range r.Repetitions() {
		rep.Response.unpack()
		rep.Service.unpack()
		rep.Lag.unpack()
	}
}

// Pack encodes the other histograms of a repetition, as they are in a result that was read, so that a long run does
// not hold megabytes for each.
func (r *Repetition) Pack() {
	c := &r.Client
	list := []*Histogram{&r.Low, &c.Scheduling, &c.GCPauses, &c.Receiving, &c.Sending}
	if o := r.Connecting; o != nil {
		list = append(list, &o.Time, &o.Lag, &o.TCP, &o.TLS, &o.Upgrade, &o.Opened)
	}
	if o := r.Arrivals; o != nil {
		list = append(list, &o.Gap, &o.First)
	}
	if o := r.Answers; o != nil {
		list = append(list, &o.Wait, &o.Lag, &o.First, &o.Between, &o.PerToken, &o.Whole)
	}
	for _, h := range list {
		h.pack()
	}
}

// decode parses the JSON form of a result of this Version, without decoding the histograms.
func decode(b []byte) (*Result, error) {
	// Check the version first: other versions may have other types.
	var head struct {
		Version *int `json:"version"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("not a complete rtbench result: %w", err)
	}
	if head.Version == nil {
		return nil, errors.New("not an rtbench result: it has no version")
	}
	if *head.Version != Version {
		return nil, errVersion("result", *head.Version)
	}
	var r Result
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("the result is damaged: %w", err)
	}
	if err := r.checkComplete(); err != nil {
		return nil, err
	}
	return &r, nil
}

// errVersion reports a file format that this rtbench does not read.
func errVersion(what string, found int) error {
	return fmt.Errorf("the %s has format version %d, but this rtbench reads version %d; run it again to get a new one", what, found, Version)
}

// checkComplete rejects null cells and repetitions.
func (r *Result) checkComplete() error {
	for i, c := range r.Cells {
		if c == nil {
			return fmt.Errorf("the result is damaged: cell %d is null", i)
		}
		for j, rep := range c.Repetitions {
			if rep == nil {
				return fmt.Errorf("the result is damaged: cell %s: repetition %d is null", c.ID, j)
			}
		}
	}
	return nil
}

// Limits of ReadAll.
const (
	maxResults     = 1000
	maxResultBytes = 256 << 20 // of one result.json
)

// A Named is a result with the directory from which it was read.
type Named struct {
	Dir    string
	Result *Result
}

// ReadAll reads the results one or two levels below dir (dir/RUN, dir/BRANCH/RUN), oldest first.
// Damaged results and unreadable directories are reported as problems. If there are more than 1,000
// results, it reads the last 1,000 by name and reports the rest as a problem. The error is not nil
// if there is nothing to read.
//
// Histograms stay encoded and are decoded on each use: a year of nightly runs would take gigabytes
// decoded.
func ReadAll(dir string) (results []Named, problems []error, err error) {
	dirs, problems, err := findResults(dir)
	if err != nil {
		return nil, problems, err
	}
	if more := len(dirs) - maxResults; more > 0 {
		problems = append(problems, fmt.Errorf("%s: found %s; ignored the first %d by name", dir, Plural(len(dirs), "result"), more))
		dirs = dirs[more:]
	}
	for _, d := range dirs {
		r, err := readPacked(filepath.Join(d, FileName))
		if err != nil {
			problems = append(problems, err)
			continue
		}
		results = append(results, Named{d, r})
	}
	slices.SortStableFunc(results, func(a, b Named) int { return a.Result.Started.Compare(b.Result.Started) })
	return results, problems, nil
}

// findResults returns the directories that hold a result, sorted by name.
func findResults(dir string) (found []string, problems []error, err error) {
	walked := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if path == "." {
				return err
			}
			problems = append(problems, fmt.Errorf("%s: %w", filepath.Join(dir, path), err))
			return fs.SkipDir
		}
		depth := strings.Count(path, "/") // 1 for a file in a directory directly below dir
		switch {
		case d.IsDir() && depth > 1:
			return fs.SkipDir
		case !d.IsDir() && d.Name() == FileName && depth > 0:
			found = append(found, filepath.Join(dir, filepath.Dir(path)))
		case !d.IsDir() && d.Name() == JournalName && depth > 0:
			if at := filepath.Join(dir, filepath.Dir(path)); !holds(at, FileName) {
				problems = append(problems, fmt.Errorf("%s: ignored, because the run did not end (`rtbench report %s` shows its completed repetitions)", at, at))
			}
		}
		return nil
	})
	switch {
	case errors.Is(walked, fs.ErrNotExist):
		return nil, problems, fmt.Errorf("%s: no such directory; expected one that holds results", dir)
	case walked != nil:
		return nil, problems, fmt.Errorf("%s: %w", dir, walked)
	}
	if len(found) == 0 {
		return nil, problems, fmt.Errorf("%s: no results found; expected directories written by `rtbench run`", dir)
	}
	return found, problems, nil
}

func readPacked(path string) (*Result, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading the result: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxResultBytes {
		return nil, fmt.Errorf("%s: expected a file of at most %d MB", path, maxResultBytes>>20)
	}
	return readEncoded(path)
}
