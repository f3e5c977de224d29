package probe

import (
	"fmt"
	"time"

	"rtbench/report/result"
)

// Notes gather what a probe sees. They belong to one goroutine.
type Notes struct {
	probe        string
	started      time.Time
	observations []result.Observation
	log          []string
}

// NewNotes returns empty notes of the probe of that name.
func NewNotes(probe string) *Notes { return &Notes{probe: probe, started: time.Now()} }

// Value notes a figure. fact is SUBJECT/FACT; the words say what was seen.
func (n *Notes) Value(fact string, value float64, unit, format string, args ...any) {
	n.observations = append(n.observations, result.Observation{ID: n.probe + "/" + fact, Value: value, Unit: unit, Seen: fmt.Sprintf(format, args...)})
}

// Answer notes the answer to a yes-or-no question.
func (n *Notes) Answer(fact string, yes bool, format string, args ...any) {
	v := 0.0
	if yes {
		v = 1
	}
	n.Value(fact, v, "", format, args...)
}

// Logf adds a line, with the time since the probe began, to the probe's own account.
func (n *Notes) Logf(format string, args ...any) {
	n.log = append(n.log, fmt.Sprintf("%8.3f s  ", time.Since(n.started).Seconds())+fmt.Sprintf(format, args...))
}

// Observations are those noted so far; the slice is the notes' own.
func (n *Notes) Observations() []result.Observation { return n.observations }

// Log is the account so far; the slice is the notes' own.
func (n *Notes) Log() []string { return n.log }
