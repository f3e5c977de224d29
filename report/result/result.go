// Package result is the file format: the seam between measuring and reporting.
// The generator writes a Result, every report reads one, and nothing that a
// report shows comes from anywhere else. It computes figures from what is
// stored; it measures nothing and renders nothing.
package result

import (
	"time"
)

// Version is the version of the file format that this package reads and writes.
const Version = 2

// A Result is all that one run of rtbench leaves. Durations are integer
// nanoseconds in JSON, times RFC 3339.
type Result struct {
	Version     int           `json:"version"`
	Tool        Tool          `json:"tool"`
	Started     time.Time     `json:"started"`
	Elapsed     time.Duration `json:"elapsed_ns"`
	Interrupted bool          `json:"interrupted"`
	// Unfinished reports that the result is from the journal of a run that did not end: it was
	// killed, or is still going. Interrupted is true then.
	Unfinished  bool        `json:"unfinished,omitempty"`
	Environment Environment `json:"environment"`
	Scenarios   []Scenario  `json:"scenarios"`
	Cells       []*Cell     `json:"cells"`
	// Oracle is what figures of known answer turned out to be, in results of
	// `rtbench calibrate --oracle`.
	Oracle []Expectation `json:"oracle,omitempty"`
}

// A Tool says what measured.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Go      string `json:"go"`
	// Command is what was typed, word by word.
	Command []string `json:"command,omitempty"`
}

// An Environment says where.
type Environment struct {
	OS          string `json:"os"`
	Arch        string `json:"arch"`
	Kernel      string `json:"kernel"`
	CPU         string `json:"cpu"`
	Cores       int    `json:"cores"`
	GOMAXPROCS  int    `json:"gomaxprocs"`
	MemoryBytes int64  `json:"memory_bytes"`
	FileLimit   uint64 `json:"file_limit"`
	// Pacing says how the pacers wait.
	Pacing string `json:"pacing"`
}

// A Scenario is a scenario file, whole.
type Scenario struct {
	Name   string `json:"name"`
	File   string `json:"file"`
	Source string `json:"source"`
}

// A Cell is one point of a scenario's matrix with its repetitions.
type Cell struct {
	ID     string `json:"id"`
	Config Config `json:"config"`
	// Notes say what about this protocol cannot be equal to the others.
	Notes       []string      `json:"notes,omitempty"`
	Repetitions []*Repetition `json:"repetitions"`
}

// InsecureCells are the IDs of the cells whose server's certificate was not verified, in the
// order of r.
func (r *Result) InsecureCells() []string {
	var out []string
	for _, c := range r.Cells {
		if c.Config.Insecure {
			out = append(out, c.ID)
		}
	}
	return out
}

// Cell finds a cell by its ID, nil for none.
func (r *Result) Cell(id string) *Cell {
	for _, c := range r.Cells {
		if c.ID == id {
			return c
		}
	}
	return nil
}
