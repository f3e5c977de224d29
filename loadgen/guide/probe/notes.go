package probe

import (
	"fmt"
	"sync"
	"time"

	"rtbench/report/result"
)

// Notes collects the observations and the log of a probe. Logf is safe for concurrent use, the
// other methods are not.
type Notes struct {
	probe        string
	started      time.Time
	observations []result.Observation

	mu  sync.Mutex
	log []string
}

// NewNotes returns empty notes for the named probe.
func NewNotes(probe string) *Notes { return &Notes{probe: probe, started: time.Now()} }

// Value records a value. fact is SUBJECT/FACT; the formatted text describes the observation.
func (n *Notes) Value(fact string, value float64, unit, format string, args ...any) {
	n.observations = append(n.observations, result.Observation{ID: n.probe + "/" + fact, Value: value, Unit: unit, Seen: fmt.Sprintf(format, args...)})
}

// Answer records the answer to a yes-or-no question.
func (n *Notes) Answer(fact string, yes bool, format string, args ...any) {
	v := 0.0
	if yes {
		v = 1
	}
	n.Value(fact, v, "", format, args...)
}

// Logf adds a line to the log, prefixed with the time since the probe started.
func (n *Notes) Logf(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.log = append(n.log, fmt.Sprintf("%8.3f s  ", time.Since(n.started).Seconds())+fmt.Sprintf(format, args...))
}

// Observations returns the observations so far. The caller must not change them.
func (n *Notes) Observations() []result.Observation { return n.observations }

// Log returns the log so far. The caller must not change it.
func (n *Notes) Log() []string { return n.log }
