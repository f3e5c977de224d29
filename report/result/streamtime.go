package result

import (
	"fmt"
	"strings"
	"time"
)

// StreamTime is how long streams were at work in the steady phase. A closed loop has no plan
// that would show which messages were not sent.
type StreamTime struct {
	// Total is the length of the steady phase times the number of streams.
	Total time.Duration `json:"total_ns"`
	// NotOpen is how much of it is missing because streams had broken, could not be opened, or
	// had ended and were not reopened; NotOpenStreams is how many streams that concerns.
	NotOpen        time.Duration `json:"not_open_ns"`
	NotOpenStreams uint64        `json:"not_open_streams"`
	// NoneOpen is how long no stream was open at all.
	NoneOpen time.Duration `json:"none_open_ns"`
	// Waiting is how much is missing because streams waited for a reply that never came.
	Waiting        time.Duration `json:"waiting_ns"`
	WaitingStreams uint64        `json:"waiting_streams"`
	// Resting is how much is missing between the normal end of a stream, which some servers
	// cause after each reply, and its reopening.
	Resting time.Duration `json:"resting_ns"`
	// Paused is how much is missing because streams paused after a message that failed.
	Paused time.Duration `json:"paused_ns"`
}

// missingLimit is how much of the stream time can be missing, in percent, before the load is not
// the one configured: the same as for a plan.
const missingLimit = 1

// judgeStreamTime finds streams that were not at work. Nobody knows how many messages they would
// have sent and how many of those would have failed.
func judgeStreamTime(v *Validity, c Config, r *Repetition) {
	t := r.StreamTime
	if t.Total <= 0 || r.Error != "" && r.Response.Count() == 0 {
		return
	}
	above := func(d time.Duration) bool { return 100*d > missingLimit*t.Total }
	failing := t.NotOpen + t.Waiting
	missing := failing + t.Resting + t.Paused
	var metrics []string
	if c.Model == "closed" && above(missing) {
		metrics = append(metrics, ThroughputMetric)
	}
	if above(failing) {
		metrics = append(metrics, FailedRateMetric)
	}
	if len(metrics) == 0 {
		return
	}
	work := 100 - 100*missing.Seconds()/t.Total.Seconds()
	were, most := "open", ""
	if c.Model == "closed" {
		were = "at work"
		if work < 50 {
			most = ", and most of the load was not generated"
		}
	}
	v.markUnusable(metrics, "streams were %s for only %.1f %% of the steady phase%s: %s", were, work, most, strings.Join(t.missing(c), "; "))
}

// missing says how much of the stream time is missing and why.
func (t StreamTime) missing(c Config) (parts []string) {
	all := uint64(c.allStreams())
	length := t.Total / time.Duration(all)
	switch {
	case t.NotOpen == 0:
	case 2*t.NoneOpen >= t.NotOpen/time.Duration(all):
		parts = append(parts, fmt.Sprintf("no stream was open for %s of %s", formatDuration(t.NoneOpen), formatDuration(length)))
	default:
		parts = append(parts, describeStreams(t.NotOpenStreams, all, "not open", t.NotOpen, length))
	}
	if t.Waiting > 0 {
		parts = append(parts, describeStreams(t.WaitingStreams, all, "waiting for a reply that never came", t.Waiting, length))
	}
	if t.Resting > 0 {
		parts = append(parts, "streams that the server had ended normally waited "+formatDuration(t.Resting)+" in total to be reopened")
	}
	if t.Paused > 0 {
		parts = append(parts, "streams paused for "+formatDuration(t.Paused)+" in total after failed messages")
	}
	return parts
}

// describeStreams says how many of the streams were in a state and for how long each, on average.
func describeStreams(n, all uint64, state string, total, length time.Duration) string {
	verb := "were"
	if n == 1 {
		verb = "was"
	}
	each := total / time.Duration(max(1, n))
	text := fmt.Sprintf("%d of %d streams %s %s ", n, all, verb, state)
	switch {
	case 100*each >= 99*length:
		return text + "for the whole steady phase"
	case n == 1:
		return text + fmt.Sprintf("for %s of %s", formatDuration(each), formatDuration(length))
	}
	return text + fmt.Sprintf("for %s of %s on average", formatDuration(each), formatDuration(length))
}
