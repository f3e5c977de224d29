// Package result is the file format between measuring and reporting. The generator writes a Result,
// and reports show nothing that is not in one. The package also computes metrics from results and
// judges their validity; it measures and renders nothing.
package result

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"rtbench/scenarios/cell"
)

// Version is the file format version that this package reads and writes.
const Version = 3

// A Result is the complete output of one run. Durations are integer nanoseconds in JSON, times RFC
// 3339.
type Result struct {
	Version     int           `json:"version"`
	Tool        Tool          `json:"tool"`
	Started     time.Time     `json:"started"`
	Elapsed     time.Duration `json:"elapsed_ns"`
	Interrupted bool          `json:"interrupted"`
	// Unfinished reports that the result comes from the journal of a run that was killed or is
	// still going. Interrupted is then true.
	Unfinished  bool        `json:"unfinished,omitempty"`
	Environment Environment `json:"environment"`
	Scenarios   []Scenario  `json:"scenarios"`
	Cells       []*Cell     `json:"cells"`
	// Search is the plan of `rtbench capacity`; nil in other results.
	Search *Search `json:"search,omitempty"`
	// Oracle compares metrics with known values, in results of `rtbench calibrate --oracle`.
	Oracle []Expectation `json:"oracle,omitempty"`
}

// A Tool identifies the program that measured.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Commit is the commit that the program was built from; empty if the build did not record it. It
	// ends in -dirty if files had changed since.
	Commit string `json:"commit,omitempty"`
	Go     string `json:"go"`
	// Libraries has the version of each library that speaks a protocol. std is Go's standard library.
	Libraries map[string]string `json:"libraries,omitempty"`
	// Command is the command line.
	Command []string `json:"command,omitempty"`
}

// String returns name, version and, if known, the commit.
func (t Tool) String() string {
	s := t.Name + " " + t.Version
	if t.Commit != "" {
		s += " (commit " + t.Commit + ")"
	}
	return s
}

// An Environment describes the machine that ran the generator.
type Environment struct {
	OS         string `json:"os"`
	Arch       string `json:"arch"`
	Kernel     string `json:"kernel"`
	CPU        string `json:"cpu"`
	Cores      int    `json:"cores"`
	GOMAXPROCS int    `json:"gomaxprocs"`
	// MemoryBytes is the memory of the machine or, if it is less, of the container. CoreLimit is the
	// number of cores whose time the container may use; 0 if all.
	MemoryBytes int64   `json:"memory_bytes"`
	CoreLimit   float64 `json:"core_limit,omitempty"`
	FileLimit   uint64  `json:"file_limit"`
	// Pacing describes how the pacers wait.
	Pacing string `json:"pacing"`
}

// A Scenario is a scenario file with its complete text.
type Scenario struct {
	Name   string `json:"name"`
	File   string `json:"file"`
	Source string `json:"source"`
}

// A Cell is one point of a scenario's matrix with its repetitions.
type Cell struct {
	ID     string `json:"id"`
	Config Config `json:"config"`
	// Client and Server are the stacks of both ends. That of a server that is not a reference server is
	// unknown.
	Client Stack `json:"client"`
	Server Stack `json:"server,omitzero"`
	// Notes list the differences between protocols that cannot be removed.
	Notes       []string      `json:"notes,omitempty"`
	Repetitions []*Repetition `json:"repetitions"`
	// Profile describes the profiles of the server; nil if it was not profiled.
	Profile *Profile `json:"profile,omitempty"`
}

// Unique returns the list without later duplicates.
func Unique[T comparable](list []T) []T {
	var out []T
	for _, v := range list {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// Repetitions returns all repetitions with their cells, in order.
func (r *Result) Repetitions() iter.Seq2[*Cell, *Repetition] {
	return func(yield func(*Cell, *Repetition) bool) {
		for _, c := range r.Cells {
			for _, rep := range c.Repetitions {
				if !yield(c, rep) {
					return
				}
			}
		}
	}
}

// Cell returns the cell with the given ID, or nil.
func (r *Result) Cell(id string) *Cell {
	for _, c := range r.Cells {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// A Config is the full configuration of a cell, defaults included.
type Config = cell.Config

// A Pause is a time to wait, such as a think time.
type Pause = cell.Pause

// A Stay is how long a user stays.
type Stay = cell.Stay

// Reading is how slowly clients read from their connections. The zero value is as fast as data comes.
type Reading = cell.Reading

// Tokens is the plan of an answer.
type Tokens = cell.Tokens

// Network is a network emulated between client and server. The zero value changes nothing.
type Network = cell.Network

// A Stage changes the rate linearly to To (messages/s).
type Stage = cell.Stage

// CustomAPI is the Config.API of cells whose messages the scenario defines.
const CustomAPI = "custom"

// Values of Config.Times besides response and delivery times.
const (
	TimesGap    = cell.TimesGap    // between two messages on a stream
	TimesOneWay = cell.TimesOneWay // received − the server's stamp in the message
)

// ServerPaced is the Model of cells in which the server decides when to send.
const ServerPaced = "server"

// An Expectation is a metric of a cell whose correct value is known in closed form because the
// server injected a known fault.
type Expectation struct {
	Case     string `json:"case"` // name of the fault
	Cell     string `json:"cell"`
	Protocol string `json:"protocol"`
	Metric   string `json:"metric"` // p50, mean, lost, …
	// Want is the value of the closed form, Measured the measured one; they may differ by Allowed.
	Want     Number `json:"want"`
	Measured Number `json:"measured"`
	Allowed  Number `json:"allowed"`
	Unit     string `json:"unit"` // ns or messages
	// Within reports that Measured is within Allowed of Want; false if any of them is unknown.
	Within  bool   `json:"within"`
	Formula string `json:"formula"` // the closed form
	// First is the value of a first run if that exceeded its tolerance and the case ran again; the other
	// values are then of the second run. It is 0 otherwise.
	First Number `json:"first,omitzero"`
}

// DescribeCores returns the number of cores, and of those that the container may use.
func (e Environment) DescribeCores() string {
	if e.CoreLimit > 0 && e.CoreLimit < float64(e.Cores) {
		return fmt.Sprintf("%.3g of %s (limit of the container)", e.CoreLimit, Plural(e.Cores, "core"))
	}
	return Plural(e.Cores, "core")
}
