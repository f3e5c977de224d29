package pace

import "time"

// Turns let several loads alternate on one machine: each has the machine to itself for one
// turn per round. The order of the turns is reversed from round to round (A B C, C B A), so
// that drift of the machine affects all loads alike. A load's own time, in which its plan
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

// Real converts a moment of the load's own time to real time.
func (t Turns) Real(own time.Duration) time.Duration {
	if !t.alternate() {
		return own
	}
	round := int64(own) / int64(t.Turn())
	return time.Duration(t.start(round) + int64(own)%int64(t.Turn()))
}

// Own converts a moment of real time to the load's own time, which stands still outside its
// turns. Negative times are returned as they are.
func (t Turns) Own(real time.Duration) time.Duration {
	if !t.alternate() || real < 0 {
		return real
	}
	turn := int64(t.Turn())
	round := int64(real) / (turn * int64(t.Of))
	within := int64(real) - t.start(round)
	return time.Duration(round*turn + min(max(within, 0), turn))
}

// Measured reports whether a moment of real time is in the measured part of one of the
// load's turns.
func (t Turns) Measured(real time.Duration) bool {
	if !t.alternate() {
		return true
	}
	round := int64(real) / (int64(t.Turn()) * int64(t.Of))
	within := int64(real) - t.start(round)
	return real >= 0 && within >= int64(t.Lead) && within < int64(t.Turn())
}

// Next returns the beginning of the load's first turn at or after a moment of real time, or
// that moment if it is within a turn.
func (t Turns) Next(real time.Duration) time.Duration {
	if !t.alternate() {
		return real
	}
	turn := int64(t.Turn())
	for round := max(0, int64(real)/(turn*int64(t.Of))); ; round++ {
		if start := t.start(round); int64(real) < start+turn {
			return max(real, time.Duration(start))
		}
	}
}

// Length returns the real time that a number of rounds takes.
func (t Turns) Length(rounds int) time.Duration {
	return time.Duration(rounds*max(1, t.Of)) * t.Turn()
}
