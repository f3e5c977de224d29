package result

import (
	"math"
	"time"
)

// A Storm describes the effect of an event on the streams of a cell, and how they came back. An event is one of the
// scenario, or without a name that the server ended streams while the scenario says how they reconnect.
type Storm struct {
	Event  string        `json:"event,omitempty"`
	At     time.Duration `json:"at_ns"`   // since the beginning of the steady phase
	End    time.Duration `json:"end_ns"`  // when the streams of all groups were back, or the end of the phase
	Cut    uint64        `json:"cut"`     // streams that it ended, each time
	GaveUp uint64        `json:"gave_up"` // streams that are not opened again
	// Back is from the event until a stream was open again.
	Back Histogram `json:"back_ns,omitzero"`
	// Attempts to open streams again, and those that failed, by class.
	Attempts uint64            `json:"attempts"`
	Refused  map[string]uint64 `json:"refused,omitempty"`
	// Ended are the ends of streams that the event did not end itself, by class.
	Ended map[string]uint64 `json:"ended,omitempty"`
	// Partition describes a partition of the network that concerned the cell; otherwise nil.
	Partition *Partition `json:"partition,omitempty"`
	// Restart describes the restart of the reference server; otherwise nil.
	Restart *Restart `json:"restart,omitempty"`
	// Slots count by the time since the event.
	Slots []StormSlot `json:"slots,omitempty"`
}

// A Partition is a time in which nothing passed between client and server, as the streams of a cell saw it.
type Partition struct {
	Length  time.Duration `json:"length_ns"`
	Streams uint64        `json:"streams"`
	// Served is from the end of the partition until the first message on a stream.
	Served Histogram `json:"served_ns,omitzero"`
	// Delayed counts messages that were due before the end of the partition and arrived after it. Unknown reports
	// that messages have no times.
	Delayed uint64 `json:"delayed"`
	Unknown bool   `json:"unknown,omitempty"`
}

// Until returns the time from the end of the partition until a share of the streams was served again, in percent;
// false if it never was.
func (p *Partition) Until(percent float64) (time.Duration, bool) {
	return p.Served.until(percent, p.Streams)
}

// StormSlotLength is the length of a StormSlot.
const StormSlotLength = 100 * time.Millisecond

// StormPause is the time after all streams are back, and after its command, in which an end of a stream still
// belongs to an event.
const StormPause = time.Second

// A StormSlot counts the changes of streams in a tenth of a second.
type StormSlot struct {
	Cut      uint64 `json:"cut,omitempty"`
	Attempts uint64 `json:"attempts,omitempty"`
	Refused  uint64 `json:"refused,omitempty"`
	Back     uint64 `json:"back,omitempty"`
}

// Until returns the time from the event until a share of the streams that it ended was back, in percent;
// false if it never was.
func (s *Storm) Until(percent float64) (time.Duration, bool) {
	return s.Back.until(percent, s.Cut)
}

// PeakAttempts returns the most attempts in a slot, as a rate per second.
func (s *Storm) PeakAttempts() float64 {
	var most uint64
	for _, slot := range s.Slots {
		most = max(most, slot.Attempts)
	}
	return float64(most) / StormSlotLength.Seconds()
}

// RefusedCount returns the number of attempts that failed.
func (s *Storm) RefusedCount() uint64 { return total(s.Refused) }

// ends returns when all streams were back or given up, since the beginning of the steady phase, or the end
// of that phase.
func (s *Storm) ends(steady time.Duration) time.Duration {
	if back := uint64(s.Back.Count()); back+s.GaveUp < s.Cut {
		return steady
	}
	end := s.At + s.Back.Max()
	if p := s.Partition; p != nil {
		last, all := p.Until(100)
		if !all {
			return steady
		}
		end = max(end, s.At+p.Length+last)
	}
	return min(steady, end)
}

// sameEvent is the most time between the beginnings of one event in different groups.
const sameEvent = 50 * time.Millisecond

// EndStorms sets the end of each storm, of repetitions of groups that ran together: an event is over once the
// streams of all groups are back.
func EndStorms(reps []*Repetition) {
	for _, r := range reps {
		for i := range r.Storms {
			s := &r.Storms[i]
			for _, other := range reps {
				for _, o := range other.Storms {
					if o.Event == s.Event && (o.At-s.At).Abs() <= sameEvent {
						s.End = max(s.End, o.ends(other.Phases.Steady))
					}
				}
			}
		}
	}
}

// A Course describes a cell while the streams of an event came back.
type Course struct {
	ServerCores  float64 // the most CPU in an interval between samples; NaN if unknown
	ServerMemory float64 // the most resident memory, in bytes; NaN if unknown
	// Before and During are the times of messages received before the event and until its end.
	Before, During Histogram
}

// Course returns the course of one of the storms.
func (r *Repetition) Course(s *Storm) Course {
	c := Course{ServerCores: math.NaN(), ServerMemory: math.NaN()}
	for i := 1; i < len(r.Samples); i++ {
		a, b := r.Samples[i-1], r.Samples[i]
		if a.Server == nil || b.Server == nil || b.At <= s.At || a.At >= max(s.End, s.At+1) || b.At <= a.At {
			continue
		}
		c.ServerCores = atLeast(c.ServerCores, (b.Server.CPU-a.Server.CPU).Seconds()/(b.At-a.At).Seconds())
		c.ServerMemory = atLeast(c.ServerMemory, float64(b.Server.RSSBytes))
	}
	for _, in := range r.Timeline {
		switch {
		case in.Start+in.Length <= s.At:
			c.Before.Merge(in.Response)
		case in.Start+in.Length > s.At && in.Start < s.End:
			c.During.Merge(in.Response)
		}
	}
	return c
}

// atLeast returns the larger of a value, which may be NaN, and v.
func atLeast(value, v float64) float64 {
	if math.IsNaN(value) {
		return v
	}
	return max(value, v)
}

// Missed counts messages of the steady phase that were due to a stream, or were on their way, when an event
// had ended it. They are also in the Counters.
type Missed struct {
	NotSent uint64 `json:"not_sent,omitempty"`
	Lost    uint64 `json:"lost,omitempty"`
	// Unknown reports that messages have no numbers, so that nobody knows.
	Unknown bool `json:"unknown,omitempty"`
}

// Count returns the number of messages missed.
func (m Missed) Count() uint64 { return m.NotSent + m.Lost }

// plannedReturns returns how many streams came back after events of the scenario.
func (r *Repetition) plannedReturns() (n uint64) {
	for _, s := range r.Storms {
		if s.Event != "" {
			n += uint64(s.Back.Count())
		}
	}
	return n
}

// Unplanned returns the counters without what the scenario brings about: messages that events made streams miss
// and streams that came back after them, and messages that slow readers missed.
func (r *Repetition) Unplanned(c Config) Counters {
	n := r.Counters
	lost, unsent := min(n.Lost, r.Missed.Lost), min(n.NotSent, r.Missed.NotSent)
	if c.Read.Slow() {
		lost = n.Lost
	}
	n.Lost, n.NotSent, n.Failed, n.Due = n.Lost-lost, n.NotSent-unsent, n.Failed-lost-unsent, n.Due-lost-unsent
	n.Planned -= min(n.Planned, lost+unsent)
	n.Sent -= min(n.Sent, lost)
	n.Dropped -= min(n.Dropped, lost)
	n.Reopened -= min(n.Reopened, r.plannedReturns())
	return n
}

// judgeEvents states the effect of events, and finds streams that did not come back, and users that could not join.
func judgeEvents(v *Validity, r *Repetition) {
	judgeJoins(v, r)
	for _, s := range r.Storms {
		judgeRestart(v, &s)
		if p := s.Partition; p != nil {
			v.addReason("", "%s at %s: %s arrived after it that had been due before its end", s.Event, formatDuration(s.At), Plural(p.Delayed, "message"))
		}
		if s.Event == "" || s.Cut == 0 {
			continue
		}
		v.addReason("", "%s at %s ended %s, as planned", s.Event, formatDuration(s.At), Plural(s.Cut, "stream"))
		if back := uint64(s.Back.Count()); back+s.GaveUp < s.Cut {
			v.addReason(ServerFailed, "%s of %d were not back at the end after %s at %s", Plural(s.Cut-back-s.GaveUp, "stream"), s.Cut, s.Event, formatDuration(s.At))
		}
	}
	if n := r.Missed.Count(); n > 0 {
		v.addReason("", "%s missed, because they were due or on their way while a stream was cut (%s measured)", were(int64(n)), Grouped(r.Counters.Recorded))
	}
}

// Shrink adds up slots so that at most that many are left, each of the returned length.
func Shrink(slots []StormSlot, most int) (out []StormSlot, each time.Duration) {
	n := max(1, (len(slots)+most-1)/most)
	for i, s := range slots {
		if i%n == 0 {
			out = append(out, StormSlot{})
		}
		out[len(out)-1].add(s)
	}
	return out, time.Duration(n) * StormSlotLength
}
