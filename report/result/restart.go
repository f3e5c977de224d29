package result

import "time"

// A Restart is that of a reference server. What the server uses in a repetition is then the sum of both processes, and
// its memory that of the new one.
type Restart struct {
	Killed bool `json:"killed,omitempty"`
	// Down is from the beginning of the event until the new process listened.
	Down time.Duration `json:"down_ns"`
	// Uncounted is how long before its end the old process was last asked for its counts. It is 0 if it told them at
	// its end.
	Uncounted time.Duration `json:"uncounted_ns,omitempty"`
}

// judgeRestart says what a restart of the server means for the repetition's values.
func judgeRestart(v *Validity, s *Storm) {
	r := s.Restart
	if r == nil {
		return
	}
	v.addReason("", "%s at %s: the new server listened after %s; CPU is the sum of both processes, memory that of the new one", s.Event, formatDuration(s.At), formatDuration(r.Down))
	if r.Uncounted > 0 {
		why := "was killed"
		if !r.Killed {
			why = "printed no counts at its end"
		}
		v.addReason("", "the server %s: its counts of the last %s are unknown (its CPU is known)", why, formatDuration(r.Uncounted))
	}
}

// SetRestart sets the restart of the nth event of a name, counted from 0.
func SetRestart(reps []*Repetition, event string, n int, restart *Restart) {
	for _, r := range reps {
		if i := indexOfEvent(r.Storms, event, n); i >= 0 {
			r.Storms[i].Restart = restart
		}
	}
}
