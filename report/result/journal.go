package result

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// JournalName names the file to which a run appends each finished repetition as a line of JSON. The
// first line is the result with its cells but without repetitions. Storing the result removes the
// journal.
const JournalName = "repetitions.jsonl"

type journal struct {
	file *os.File
	size int64 // of complete lines
	kept int   // repetitions written
	err  error // of the last failed write
	// known holds the IDs of the cells defined in the journal.
	known map[string]bool
}

// An entry is a line after the first.
type entry struct {
	Cell string `json:"cell"`
	// Define is the cell without its repetitions, unless the first line has it.
	Define     *Cell         `json:"define,omitempty"`
	Elapsed    time.Duration `json:"elapsed_ns"`
	Repetition *Repetition   `json:"repetition"`
}

func (j *journal) add(res *Result, c *Cell, r *Repetition) error {
	if j.known == nil {
		head := *res
		head.Interrupted, head.Cells = true, nil
		known := map[string]bool{}
		for _, cell := range res.Cells {
			head.Cells, known[cell.ID] = append(head.Cells, cell.withoutRepetitions()), true
		}
		if err := j.line(&head); err != nil {
			return err
		}
		j.known = known
	}
	e := entry{Cell: c.ID, Elapsed: time.Since(res.Started), Repetition: r}
	if !j.known[c.ID] {
		e.Define = c.withoutRepetitions()
	}
	if err := j.line(e); err != nil {
		return err
	}
	j.known[c.ID] = true
	j.kept++
	return nil
}

// withoutRepetitions returns a copy of c without its repetitions.
func (c *Cell) withoutRepetitions() *Cell {
	copied := *c
	copied.Repetitions = nil
	return &copied
}

// line appends a line, completely or not at all. It does not sync, which would keep the disk busy
// during the next repetition: the line survives a crash of the process, but not a power failure.
func (j *journal) line(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		j.err = fmt.Errorf("encoding a repetition: %w", err)
		return j.err
	}
	n, err := j.file.WriteAt(append(b, '\n'), j.size)
	if err != nil {
		_ = j.file.Truncate(j.size)
		j.err = err
		return err
	}
	j.size += int64(n)
	return nil
}

// errEmptyJournal reports a journal without a complete repetition.
var errEmptyJournal = errors.New("no repetition has ended yet: the run has just begun, or was killed")

// RemoveEmptyJournal removes an empty journal that a killed run left in dir.
func RemoveEmptyJournal(dir string) {
	path := filepath.Join(dir, JournalName)
	if info, err := os.Stat(path); err == nil && info.Size() == 0 {
		_ = os.Remove(path)
	}
}

// decodeJournal reads a journal and ignores a truncated last line.
func decodeJournal(b []byte) (*Result, error) {
	end := bytes.LastIndexByte(b, '\n') + 1
	lines := bytes.SplitAfter(b[:end], []byte("\n"))
	if len(lines) < 3 { // the result, one repetition, and the empty string after the last newline
		return nil, errEmptyJournal
	}
	r, err := decode(lines[0])
	if err != nil {
		return nil, err
	}
	for i, line := range lines[1 : len(lines)-1] {
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("line %d is damaged: %w", i+2, err)
		}
		if r.Cell(e.Cell) == nil && e.Define != nil {
			r.Cells = append(r.Cells, e.Define)
		}
		c := r.Cell(e.Cell)
		if c == nil || e.Repetition == nil {
			return nil, fmt.Errorf("line %d is damaged: it has no repetition of a known cell", i+2)
		}
		c.Repetitions = append(c.Repetitions, e.Repetition)
		r.Elapsed = e.Elapsed
	}
	r.Interrupted, r.Unfinished = true, true
	return r, nil
}
