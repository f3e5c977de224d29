package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Evidence is the input for judging the guide's claims. It is stored as a directory with a file
// NAME.json for each probe and a result directory NAME for each suite of measurements. The zero
// value is empty.
type Evidence struct {
	Probes map[string]*Probe  // by name
	Suites map[string]*Result // by name
}

// ReadEvidence reads a directory of evidence. Missing parts are left out; a damaged file is an
// error, because a verdict must not rest on half the evidence.
func ReadEvidence(dir string) (*Evidence, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no evidence found; expected a directory written by `rtbench guide`", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the evidence: %w", err)
	}
	e := &Evidence{Probes: map[string]*Probe{}, Suites: map[string]*Result{}}
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() {
			err = e.readSuite(dir, name)
		} else if probe, ok := strings.CutSuffix(name, ".json"); ok && probe != strings.TrimSuffix(VerdictsName, ".json") {
			e.Probes[probe], err = ReadProbe(dir, probe)
		}
		if err != nil {
			return nil, err
		}
	}
	return e, nil
}

// VerdictsName is the name of the file with the verdicts in an evidence directory.
const VerdictsName = "verdicts.json"

func (e *Evidence) readSuite(dir, name string) error {
	path := filepath.Join(dir, name)
	if !holds(path, FileName) && !holds(path, JournalName) { // a directory of something else
		return nil
	}
	r, err := Read(path)
	if errors.Is(err, errEmptyJournal) {
		return nil
	}
	e.Suites[name] = r
	return err
}

// Write stores the evidence in the existing directory dir.
func (e *Evidence) Write(dir string) error {
	for _, p := range e.Probes {
		if err := WriteProbe(dir, p); err != nil {
			return err
		}
	}
	for name, r := range e.Suites {
		if err := Write(filepath.Join(dir, name), r); err != nil {
			return err
		}
	}
	return nil
}

// Empty reports whether e is nil or holds nothing.
func (e *Evidence) Empty() bool { return e == nil || len(e.Probes)+len(e.Suites) == 0 }

// Observation returns the observation with the given ID.
func (e *Evidence) Observation(id string) (Observation, bool) {
	probe, _, _ := strings.Cut(id, "/")
	p := e.Probes[probe]
	if p == nil {
		return Observation{}, false
	}
	for _, o := range p.Observations {
		if o.ID == id {
			return o, true
		}
	}
	return Observation{}, false
}

// A Probe holds the facts that one probe of the guide's claims observed. It is stored as NAME.json.
type Probe struct {
	Version int    `json:"version"`
	Name    string `json:"name"`
	// About describes the probe in one sentence.
	About   string        `json:"about"`
	Started time.Time     `json:"started"`
	Elapsed time.Duration `json:"elapsed_ns"`
	// Missing names a requirement that this machine lacks and how to install it. The probe then
	// observed nothing.
	Missing string `json:"missing,omitempty"`
	// Error is the reason the probe ended early, if it did; earlier observations are kept.
	Error        string        `json:"error,omitempty"`
	Observations []Observation `json:"observations"`
	// Log is the log of the probe, or of the page in a browser.
	Log []string `json:"log,omitempty"`
}

// An Observation is one fact.
type Observation struct {
	// ID is PROBE/SUBJECT/FACT, such as reconnect/eventsource/missed.
	ID string `json:"id"`
	// Value is the observed value; for a yes/no question it is 1 or 0.
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"` // bytes, ns, …; empty for yes/no questions and counts
	// Seen describes the observation in one sentence.
	Seen string `json:"seen"`
}

// WriteProbe stores p in the existing directory dir, atomically.
func WriteProbe(dir string, p *Probe) error {
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the probe %s: %w", p.Name, err)
	}
	return WriteFile(filepath.Join(dir, p.Name+".json"), append(b, '\n'))
}

// ReadProbe reads a probe from dir. It returns nil if there is none.
func ReadProbe(dir, name string) (*Probe, error) {
	path := filepath.Join(dir, name+".json")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a probe: %w", err)
	}
	var p Probe
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, fmt.Errorf("%s: not a complete rtbench probe: %w", path, err)
	}
	if p.Version != Version {
		return nil, fmt.Errorf("%s: %w", path, errVersion("probe", p.Version))
	}
	if p.Name != name {
		return nil, fmt.Errorf("%s: found probe %q; expected %q", path, p.Name, name)
	}
	return &p, nil
}
