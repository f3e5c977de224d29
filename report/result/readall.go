package result

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

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
