package result

import "time"

// Pauses are those of the generator itself between the beginning of the steady phase and the
// last reply: it was stopped, starved of a core, or its machine paused or suspended, for more
// than 100 ms at a time.
type Pauses struct {
	Count   uint64        `json:"count"`
	Total   time.Duration `json:"total_ns"`
	Longest time.Duration `json:"longest_ns"`
}

// judgeClientPauses names the metrics that pauses of the generator spoil. Messages that were
// due, or under way, in a pause look as late as it was long, and those after it until the
// backlog is worked off, which is taken to be a quarter of the pauses; in a closed loop it is
// one message for each stream.
func judgeClientPauses(v *Validity, c Config, r *Repetition) {
	p := r.ClientPauses
	if p.Count == 0 || r.Phases.Steady <= 0 {
		return
	}
	share := 100 * p.Total.Seconds() / r.Phases.Steady.Seconds()
	touched := 1.25 * share
	if c.Model == "closed" {
		touched = 100 * float64(p.Count) * c.allStreams() / float64(max(1, r.Counters.Recorded))
	}
	var metrics []string
	for _, q := range timeMetrics {
		if touched >= 100-q && p.Longest > r.Response.at(q)/10 {
			metrics = timesFrom(q)
			break
		}
	}
	if c.Model == "closed" && share >= 1 {
		metrics = append(metrics, ThroughputMetric)
	}
	const text = "the generator did not run %d times for more than 100 ms (stopped, starved of a core, or its machine paused), %s in all or %.2g %% of the steady phase, the longest %s: what the server did then is not known"
	args := []any{p.Count, round(p.Total), share, round(p.Longest)}
	switch {
	case len(metrics) == 0:
		v.object(Suspect, text, args...)
	case c.Times == TimesGap || c.Model == "closed" && share >= 1: // neither gaps nor a rate is only too high
		v.spoil(metrics, text, args...)
	default:
		v.inflate(metrics, text, args...)
	}
}
