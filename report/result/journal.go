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

// JournalName is the file to which a run adds each repetition as it ends, a line of JSON
// for each: the first line is the result with its cells and no repetitions. When the result
// is stored, the journal is removed.
const JournalName = "repetitions.jsonl"

type journal struct {
	file *os.File
	size int64 // of whole lines
	kept int   // repetitions
	err  error // of the last line that could not be written
	// known are the cells that the journal has defined.
	known map[string]bool
}

// An entry is one line after the first.
type entry struct {
	Cell string `json:"cell"`
	// Define is the cell, without repetitions, if the first line does not have it.
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

// withoutRepetitions is the cell without its repetitions.
func (c *Cell) withoutRepetitions() *Cell {
	copied := *c
	copied.Repetitions = nil
	return &copied
}

// line adds a line, whole or not at all. It does not sync, which would keep the disk busy in
// the next repetition: the line survives this process, but not a power failure.
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

// errEmptyJournal reports a journal without a whole repetition.
var errEmptyJournal = errors.New("no repetition has ended yet: the run has just begun, or was killed")

// RemoveEmptyJournal removes the journal that a killed run left in dir, if nothing is in it.
func RemoveEmptyJournal(dir string) {
	path := filepath.Join(dir, JournalName)
	if info, err := os.Stat(path); err == nil && info.Size() == 0 {
		_ = os.Remove(path)
	}
}

// decodeJournal reads a journal. A last line that was cut off is left out.
func decodeJournal(b []byte) (*Result, error) {
	end := bytes.LastIndexByte(b, '\n') + 1
	lines := bytes.SplitAfter(b[:end], []byte("\n"))
	if len(lines) < 3 { // the result, a repetition, and the nothing after the last
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
