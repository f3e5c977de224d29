package loadgen

import (
	"sync"
	"time"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/proto/usage"
)

// A turnMeter attributes the generator's CPU time to the loads of a block, turn by turn: they share
// the process, but only one is at work at a time. It is a pace.Task that fires between two turns.
type turnMeter struct {
	metronome *pace.Metronome
	loads     []*repetition
	window    pace.Window // of the first load
	ended     chan struct{}

	mu   sync.Mutex
	last use   // at the last firing
	used []use // by load, in the turns of the steady phase
}

// startTurnMeter starts a meter for the loads of a block, whose streams are open.
func startTurnMeter(loads []*repetition) *turnMeter {
	w := loads[0].first().Window
	m := &turnMeter{metronome: pace.NewMetronome(0), loads: loads, window: w, ended: make(chan struct{}), used: make([]use, len(loads))}
	rate := 1 / w.Turns.Turn().Seconds()
	length := time.Duration(w.To-w.Origin) + w.Turns.Turn()/2 // includes the end of the last turn
	m.metronome.Add(w.Origin, pace.NewPlan(pace.Profile{{Duration: length, From: rate, To: rate}}, pace.Constant, 0, 0, 1), m)
	return m
}

// Fire implements pace.Task at the end of each turn.
func (m *turnMeter) Fire(due int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := use{Usage: usage.Usage{CPU: usage.CPU()}}
	for _, r := range m.loads {
		now.spin += r.spun()
	}
	middle := due - int64(m.window.Turns.Turn()/2) // of the turn that has ended
	if middle >= m.window.From && middle < m.window.To {
		for i, r := range m.loads {
			if turns := r.first().Turns; turns.Next(time.Duration(middle-m.window.Origin)) == time.Duration(middle-m.window.Origin) {
				m.used[i].CPU += now.CPU - m.last.CPU
				m.used[i].spin += now.spin - m.last.spin
			}
		}
	}
	m.last = now
	return true
}

// Done implements pace.Task.
func (m *turnMeter) Done() { close(m.ended) }

// of returns what the load of r has used so far. If the block ended at the end of its last turn, it
// waits for that.
func (m *turnMeter) of(r *repetition) (u use) {
	if clock.Now() >= m.window.To {
		<-m.ended
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, load := range m.loads {
		if load == r {
			u = m.used[i]
		}
	}
	return u
}

// stop ends the meter.
func (m *turnMeter) stop() { m.metronome.Close() }
