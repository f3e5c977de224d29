package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

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
