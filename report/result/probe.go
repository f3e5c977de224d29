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

// A Probe is what one probe of the guide's claims saw: facts, where a Result is
// figures. Each is a file of its own, NAME.json.
type Probe struct {
	Version int    `json:"version"`
	Name    string `json:"name"`
	// About says in a sentence what was done.
	About   string        `json:"about"`
	Started time.Time     `json:"started"`
	Elapsed time.Duration `json:"elapsed_ns"`
	// Missing is what this machine lacks for the probe, and how to get it; then
	// nothing was seen.
	Missing string `json:"missing,omitempty"`
	// Error is why it ended before its end, if it did; what was seen before is here.
	Error        string        `json:"error,omitempty"`
	Observations []Observation `json:"observations"`
	// Log is the probe's own account, in order; of a browser, the page's.
	Log []string `json:"log,omitempty"`
}

// An Observation is one fact.
type Observation struct {
	// ID is PROBE/SUBJECT/FACT, such as reconnect/eventsource/missed.
	ID string `json:"id"`
	// Value is the figure; of a question 1 is yes and 0 no.
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"` // bytes, ns, …; empty of a question or a count
	// Seen says in a sentence what was seen.
	Seen string `json:"seen"`
}

// WriteProbe stores p in dir, which exists. The file appears whole or not at all.
func WriteProbe(dir string, p *Probe) error {
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the probe %s: %w", p.Name, err)
	}
	return WriteFile(filepath.Join(dir, p.Name+".json"), append(b, '\n'))
}

// ReadProbe reads the probe of that name from dir; nil where there is none.
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
		return nil, fmt.Errorf("%s: this is not a whole rtbench probe: %w", path, err)
	}
	if p.Version != Version {
		return nil, fmt.Errorf("%s: %w", path, errVersion("probe", p.Version))
	}
	if p.Name != name {
		return nil, fmt.Errorf("%s: found probe %q; expected %q", path, p.Name, name)
	}
	return &p, nil
}
