package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	if err := WriteFile(filepath.Join(dir, FileName), append(b, '\n')); err != nil {
		return err
	}
	for _, c := range r.Cells {
		base := filepath.Join(dir, strings.NewReplacer("/", "_", "=", "-").Replace(c.ID))
		if err := errors.Join(writeFile(base+".hlog", c.HLog), writeFile(base+".hgrm", c.HGRM)); err != nil {
			return err
		}
	}
	return nil
}

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
