package result

import (
	"fmt"
	"strings"
	"time"
)

// StreamTime is the time that streams were at work in the steady phase. A closed loop has no
// schedule that would show which messages were not sent.
type StreamTime struct {
	// Total is the length of the steady phase times the number of streams.
	Total time.Duration `json:"total_ns"`
	// NotOpen is the time missing because streams broke, could not be opened, or ended and were not
	// reopened. NotOpenStreams counts those streams.
	NotOpen        time.Duration `json:"not_open_ns"`
	NotOpenStreams uint64        `json:"not_open_streams"`
	// NoneOpen is the time during which no stream was open.
	NoneOpen time.Duration `json:"none_open_ns"`
	// Waiting is the time missing because streams waited for a reply that never came.
	Waiting        time.Duration `json:"waiting_ns"`
	WaitingStreams uint64        `json:"waiting_streams"`
	// Resting is the time between the normal end of a stream and its reopening. Some servers end
	// the stream after each reply.
	Resting time.Duration `json:"resting_ns"`
	// Cut is the time between the end of a stream by an event and its reopening.
	Cut time.Duration `json:"cut_ns,omitempty"`
	// Paused is the time that streams backed off after a failed message.
	Paused time.Duration `json:"paused_ns"`
}

// missingLimit is the share of the stream time, in percent, that may be missing before the load
// differs from the configured one.
const missingLimit = 1

// judgeStreamTime finds streams that were not at work. The number of messages they would have sent,
// and how many would have failed, is unknown.
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
	word := ServerFailed
	if failing+t.Paused == 0 { // it ended each stream normally
		word = Limited
	}
	work := 100 - 100*missing.Seconds()/t.Total.Seconds()
	were, most := "open", ""
	if c.Model == "closed" {
		were = "at work"
		if work < 50 {
			most = ", and most of the load was not generated"
		}
	}
	v.add(Finding{Word: word, Unusable: metrics}, "streams were %s for only %.1f %% of the steady phase%s: %s", were, work, most, strings.Join(t.missing(c), "; "))
}

// missing lists the missing stream time by cause.
func (t StreamTime) missing(c Config) (parts []string) {
	all := uint64(c.AllStreams())
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

// describeStreams reports how many streams were in a state, and for how long on average.
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
