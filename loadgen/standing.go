package loadgen

import (
	"time"

	"rtbench/loadgen/session"
	"rtbench/report/result"
)

// Failures count the messages due so far, those known to have failed, and the errors.
type Failures struct {
	Due    uint64 `json:"due"`
	Failed uint64 `json:"failed"`
	Errors uint64 `json:"errors"`
}

// A State holds the counts of a generator's share of a cell so far in its steady phase.
type State struct {
	Failures
	// Windows are those completed since the last state.
	Windows []WindowTimes `json:"windows,omitempty"`
}

// WindowTimes are the response times of a window of a threshold.
type WindowTimes struct {
	Threshold int              `json:"threshold"` // its index
	N         int              `json:"n"`         // of the window, from 0
	Response  result.Histogram `json:"response_ns,omitzero"`
}

// A stateReporter reports the states of a share.
type stateReporter struct {
	watched  []Windows
	complete []int // windows of each that are complete
}

// mostWindows is the maximum number of windows reported per second. If there are more, all generators report the
// same ones.
const mostWindows = 10

// report returns the state of a group.
func (r *stateReporter) report(g *session.Group, elapsed time.Duration) *State {
	s := &State{Failures: failuresOf(g)}
	if r.complete == nil {
		r.complete = make([]int, len(r.watched))
	}
	for i, w := range r.watched {
		every := max(1, int(deltaEvery/mostWindows/w.Length))
		for n := w.complete(g, elapsed); r.complete[i] < n; r.complete[i]++ {
			if r.complete[i]%every == 0 {
				s.Windows = append(s.Windows, WindowTimes{w.Threshold, r.complete[i], w.times(g, r.complete[i])})
			}
		}
	}
	return s
}

// States add up the states of all generators of a cell.
type States struct {
	failures []Failures // of each generator
	open     map[[2]int]*windowSum
	last     map[int]WindowTimes // the last complete window of each threshold
}

// A windowSum is the sum of a window so far.
type windowSum struct {
	WindowTimes
	generators int
}

// NewStates returns the sum for so many generators.
func NewStates(generators int) *States {
	return &States{failures: make([]Failures, generators), open: map[[2]int]*windowSum{}, last: map[int]WindowTimes{}}
}

// Add adds a state of a generator, or nothing if it is nil.
func (s *States) Add(generator int, of *State) {
	if of == nil {
		return
	}
	s.failures[generator] = of.Failures
	for _, w := range of.Windows {
		key := [2]int{w.Threshold, w.N}
		sum := s.open[key]
		if sum == nil {
			sum = &windowSum{WindowTimes: WindowTimes{Threshold: w.Threshold, N: w.N}}
			s.open[key] = sum
		}
		sum.Response.Merge(w.Response)
		if sum.generators++; sum.generators == len(s.failures) {
			s.last[w.Threshold] = sum.WindowTimes
			delete(s.open, key)
		}
	}
}

// Standing returns the sums, with the times so far.
func (s *States) Standing(times Delta) Standing {
	of := Standing{Times: times, Windows: map[int]WindowTimes{}}
	for _, f := range s.failures {
		of.Due, of.Failed, of.Errors = of.Due+f.Due, of.Failed+f.Failed, of.Errors+f.Errors
	}
	for i, w := range s.last {
		of.Windows[i] = w
	}
	return of
}

// A Standing sums up the shares of all generators of a cell so far.
type Standing struct {
	Failures
	Times   Delta
	Windows map[int]WindowTimes // the last complete one of each threshold that has any
}
