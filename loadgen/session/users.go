package session

import (
	"rtbench/loadgen/driver"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// A user of a closed loop asks on a stream of its own, reads the answer, thinks, and asks again. Its next request is
// due a think time after the end of the answer, and none is due after the steady phase.
type user struct {
	state    userState
	due      int64 // of the next request
	failures int   // answers in a row that did not end well; the receiver's
}

// A userState is the current activity of a user.
type userState uint8

const (
	comes    userState = iota // it has not planned a request
	thinks                    // until its next request is due
	held                      // the request is due, and there is no stream
	asks                      // a request was sent, and its answer has not ended
	finished                  // no more requests are due
)

// greet plans the first request of a user whose stream is open, or sends the request that was due meanwhile. It
// returns false if no more requests are taken up.
func (q *requests) greet(e *Session) bool {
	q.mu.Lock()
	is := e.answering.user.state
	q.mu.Unlock()
	switch is {
	case comes:
		return q.plan(e, e.firstRequest())
	case held:
		q.fire(e)
	}
	return true
}

// firstRequest returns when the first request of a user is due: as if it had been thinking when the load began.
func (e *Session) firstRequest() int64 {
	return max(clock.Now(), e.g.Origin+int64(e.g.Cell.Think.Rest(e.loopState.pauses)))
}

// nextDue returns when the next request of a user is due whose answer ended at a time: after its think time and, if
// the answer did not end well, at least after a backoff and the delay that the server asked for. It is not due before
// the stream of the answer has ended, if the request needs another.
func (e *Session) nextDue(ended int64, failure error) int64 {
	u := &e.answering.user
	due := ended + int64(e.g.Cell.Think.Draw(e.loopState.pauses))
	if e.g.perCall() {
		due = max(due, clock.Now())
	}
	if failure == nil {
		u.failures = 0
		return due
	}
	least := ended + int64(max(backoff(u.failures), driver.RetryAfter(failure)))
	u.failures++
	if least > due {
		e.loopState.paused += e.g.steadyPart(period{due, least})
		due = least
	}
	return due
}

// plan makes a user ask at a time, unless that is after the steady phase. It returns false if no more requests are
// taken up.
func (q *requests) plan(e *Session, due int64) bool {
	q.mu.Lock()
	u := &e.answering.user
	switch {
	case q.stopped:
		q.mu.Unlock()
		return false
	case due >= e.g.To:
		u.state = finished
		q.mu.Unlock()
		return true
	}
	u.state, u.due = thinks, due
	q.mu.Unlock()
	if due <= clock.Now() {
		q.fire(e)
	} else {
		q.wake(e, due)
	}
	return true
}

// fire sends the request of a user that is due, or keeps it until there is a stream.
func (q *requests) fire(e *Session) {
	q.mu.Lock()
	u := &e.answering.user
	if q.stopped || e.g.cutoff.Load() || u.state != thinks && u.state != held {
		q.mu.Unlock()
		return
	}
	if !e.answering.here {
		u.state = held
		q.mu.Unlock()
		return
	}
	r := request{due: u.due, number: e.requestNumber(), waited: u.state == held}
	u.state = asks
	l := e.begin(r)
	q.mu.Unlock()
	e.ask(l, r)
}

// overdue reports whether a request of a user was due and will be sent.
func (q *requests) overdue(e *Session) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return e.answering.user.state == thinks && !e.g.cutoff.Load()
}

// dismiss drops the requests of users that were due and were not sent. It returns the sessions without an answer.
// q.mu must be held.
func (q *requests) dismiss(g *Group) (free []*Session) {
	for _, e := range g.sessions {
		switch u := &e.answering.user; u.state {
		case thinks, held:
			if u.due < g.End && !e.gone.Load() {
				q.drop(g, request{due: u.due, waited: u.state == held})
			}
			free = append(free, e)
		case finished:
			free = append(free, e)
		}
	}
	return free
}

// A thinker is the pace.Task of a user that thinks.
type thinker struct{ user *Session }

var _ pace.Task = thinker{}

// Fire implements pace.Task.
func (t thinker) Fire(int64) bool {
	t.user.g.requests.fire(t.user)
	return false
}

// Done implements pace.Task.
func (t thinker) Done() {}

// alarmClock returns the metronome that wakes the user.
func (e *Session) alarmClock() *pace.Metronome {
	m := e.g.Threads.metronomes
	return m[e.share%len(m)]
}

// usersAsk reports whether the group's requests are those of users in a closed loop.
func (g *Group) usersAsk() bool { return g.traffic.asks && !g.Open() }

// alarms returns the highest rate at which the group's users think to an end.
func (g *Group) alarms() float64 {
	if think := g.Cell.Think.Mean(); think > 0 {
		return float64(g.Streams()) / think.Seconds()
	}
	return 0
}
