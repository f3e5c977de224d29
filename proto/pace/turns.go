package pace

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Turns let several loads alternate on one machine: each has the machine to itself for one
// turn per round. The order of the turns is reversed from round to round (A B C, C B A), so
// that drift of the machine affects all loads alike. A load's active time, in which its plan
// runs, stands still outside its turns; real time does not. Both begin at 0.
//
// The zero value is a single load, whose two times are the same.
type Turns struct {
	// Lead is the first part of a turn, in which the load runs but is not measured: caches
	// are cold and cores asleep. Window is the rest.
	Lead, Window time.Duration
	// Index is the load's place in the first round, from 0, and Of the number of loads.
	Index, Of int
}

// alternate reports whether there are turns at all.
func (t Turns) alternate() bool { return t.Of > 0 && t.Lead+t.Window > 0 }

// String returns the fields as "lead:window:index:of", with times in nanoseconds.
func (t Turns) String() string {
	return fmt.Sprintf("%d:%d:%d:%d", t.Lead, t.Window, t.Index, t.Of)
}

// ParseTurns parses the output of String.
func ParseTurns(text string) (Turns, error) {
	parts := strings.Split(text, ":")
	var n [4]int64
	if len(parts) != len(n) {
		return Turns{}, fmt.Errorf("turns %q: expected LEAD:WINDOW:INDEX:OF", text)
	}
	for i := range n {
		var err error
		if n[i], err = strconv.ParseInt(parts[i], 10, 64); err != nil || n[i] < 0 || n[i] > int64(time.Hour) {
			return Turns{}, fmt.Errorf("turns %q: expected nanoseconds up to an hour and two counts", text)
		}
	}
	t := Turns{Lead: time.Duration(n[0]), Window: time.Duration(n[1]), Index: int(n[2]), Of: int(n[3])}
	if t.Window == 0 || t.Index >= t.Of || t.Of > 1000 {
		return Turns{}, fmt.Errorf("turns %q: expected a window above 0 and an index below the number of loads, at most 1000", text)
	}
	return t, nil
}

// Turn returns the length of a turn.
func (t Turns) Turn() time.Duration { return t.Lead + t.Window }

// start returns the real time at which the load's turn begins in a round.
func (t Turns) start(round int64) int64 {
	place := int64(t.Index)
	if round%2 == 1 {
		place = int64(t.Of) - 1 - place
	}
	return (round*int64(t.Of) + place) * int64(t.Turn())
}

// Real converts a moment of the load's active time to real time.
func (t Turns) Real(active time.Duration) time.Duration {
	if !t.alternate() {
		return active
	}
	round := int64(active) / int64(t.Turn())
	return time.Duration(t.start(round) + int64(active)%int64(t.Turn()))
}

// Active converts a moment of real time to the load's active time, which stands still outside
// its turns. Negative times are returned as they are.
func (t Turns) Active(at time.Duration) time.Duration {
	if !t.alternate() || at < 0 {
		return at
	}
	round, within := t.within(at)
	return time.Duration(round)*t.Turn() + min(max(within, 0), t.Turn())
}

// within returns the round of a moment of real time that is not negative, and the time since
// the load's turn in that round began: negative before it, at least a turn after it.
func (t Turns) within(at time.Duration) (round int64, since time.Duration) {
	round = int64(at / (t.Turn() * time.Duration(t.Of)))
	return round, at - time.Duration(t.start(round))
}

// Measured reports whether a moment of real time is in the measured part of one of the
// load's turns.
func (t Turns) Measured(at time.Duration) bool {
	if !t.alternate() || at < 0 {
		return !t.alternate()
	}
	_, within := t.within(at)
	return within >= t.Lead && within < t.Turn()
}

// Next returns the beginning of the load's first turn at or after a moment of real time, or
// that moment if it is within a turn.
func (t Turns) Next(at time.Duration) time.Duration {
	if !t.alternate() {
		return at
	}
	turn := int64(t.Turn())
	for round := max(0, int64(at)/(turn*int64(t.Of))); ; round++ {
		if start := t.start(round); int64(at) < start+turn {
			return max(at, time.Duration(start))
		}
	}
}

// Length returns the real time that a number of rounds takes.
func (t Turns) Length(rounds int) time.Duration {
	return time.Duration(rounds*max(1, t.Of)) * t.Turn()
}

// measuredBy returns how much of the load's windows has passed at a moment of real time.
func (t Turns) measuredBy(at time.Duration) time.Duration {
	active := int64(t.Active(at))
	turn := int64(t.Turn())
	return time.Duration(active/turn)*t.Window + time.Duration(max(0, active%turn-int64(t.Lead)))
}

// MeasuredIn returns how much of the load's windows lies between two moments of real time.
func (t Turns) MeasuredIn(from, to time.Duration) time.Duration {
	if !t.alternate() {
		return max(0, to-from)
	}
	return max(0, t.measuredBy(to)-t.measuredBy(from))
}

// A Window is when a load is measured, in nanoseconds of clock.Now: from From to To, in the
// windows of its turns, which begin at Origin.
type Window struct {
	Origin, From, To int64
	Turns            Turns
}

// Measures reports whether t is in the window.
func (w Window) Measures(t int64) bool {
	return t >= w.From && t < w.To && (!w.Turns.alternate() || w.Turns.Measured(time.Duration(t-w.Origin)))
}

// InLead reports whether t is between From and To in the lead of one of the load's turns.
func (w Window) InLead(t int64) bool {
	if !w.Turns.alternate() || t < w.From || t >= w.To {
		return false
	}
	_, within := w.Turns.within(time.Duration(t - w.Origin))
	return within >= 0 && within < w.Turns.Lead
}

// Part returns how much of the window lies in [from, to).
func (w Window) Part(from, to int64) time.Duration {
	from, to = max(from, w.From), min(to, w.To)
	return w.Turns.MeasuredIn(time.Duration(from-w.Origin), time.Duration(to-w.Origin))
}

// Length returns the measured time of the window.
func (w Window) Length() time.Duration { return w.Part(w.From, w.To) }
