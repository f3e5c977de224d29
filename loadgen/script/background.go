package script

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/scenarios/template"
)

// An Answer is sent when a message meets the condition To, such as a pong to a ping.
type Answer struct {
	To     Condition
	Format template.Format
}

// A Heartbeat is sent every so often from the end of the opening steps.
type Heartbeat struct {
	Every  time.Duration
	Format template.Format
}

// A speaker sends a message that is not measured, beside the sender. One goroutine at a time uses it.
type speaker struct {
	format template.Format
	values template.Values
	out    []byte
	sent   func() // may be nil
}

func (s *speaker) speak(st *driver.Stream) error {
	s.values.Unix = time.Now().UnixNano()
	s.out = s.format.Append(s.out[:0], &s.values)
	err := st.Send(s.out)
	if err == nil && s.sent != nil {
		s.sent()
	}
	return err
}

// An answering sends an answer as often as it is owed.
type answering struct {
	speaker
	to   test
	owed atomic.Int64
}

// background is what a session sends beside the measured messages. Its goroutines are those of the closing
// steps, so the session's Close waits for them.
type background struct {
	answers []answering
	beats   speaker
	next    *time.Timer // of the next heartbeat; nil: none
}

// backgroundSeed keeps random values of answers and heartbeats apart from those of messages.
const backgroundSeed = 0x6265617473

func (t *Session) newSpeaker(f template.Format, sent func()) speaker {
	v := t.values
	v.Rand = rand.NewPCG(t.script.Seed+backgroundSeed, uint64(t.call.Share))
	v.Captured = nil
	return speaker{format: f, values: v, sent: sent}
}

// prepareBackground makes the stream accept messages of several goroutines, if there are answers or
// heartbeats.
func (t *Session) prepareBackground(p Place) {
	t.background.answers = make([]answering, len(t.script.Answers))
	for i := range t.script.Answers {
		t.background.answers[i].speaker = t.newSpeaker(t.script.Answers[i].Format, p.Answered)
	}
	if h := t.script.Heartbeat; h != nil {
		t.background.beats = t.newSpeaker(h.Format, p.Beat)
	}
}

// speaksInBackground reports whether other goroutines than the sender send.
func (s *Script) speaksInBackground() bool { return len(s.Answers) > 0 || s.Heartbeat != nil }

// answers sends the answer to a message that has one, and reports whether it has. The receiver, which
// calls it, does not wait for the server to accept it.
func (t *Session) answers(b []byte) bool {
	for i := range t.background.answers {
		a := &t.background.answers[i]
		if !a.to.of(b) {
			continue
		}
		if a.owed.Add(1) == 1 {
			t.spawn(func() {
				for more := true; more; more = a.owed.Add(-1) > 0 {
					_ = a.speak(t.stream) // the receiver learns how the stream ended
				}
			})
		}
		return true
	}
	return false
}

// startHeartbeat sends heartbeats until the stream ends.
func (t *Session) startHeartbeat() {
	h := t.script.Heartbeat
	if h == nil {
		return
	}
	const never = time.Duration(1<<63 - 1)
	t.background.next = time.AfterFunc(never, func() {
		t.spawn(func() {
			if t.background.beats.speak(t.stream) == nil {
				t.background.next.Reset(h.Every)
			}
		})
	})
	t.background.next.Reset(h.Every)
}

// spawn runs f in a goroutine that Close waits for, unless the session is closed.
func (t *Session) spawn(f func()) {
	c := &t.closing
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.steps.Go(f)
	}
}

// share lets several goroutines send on a stream. Conns that an event loop can drive allow it themselves, and
// must not wait for a lock in the loop.
func share(st *driver.Stream) {
	if st.Loop != nil {
		return
	}
	c := &sharedConn{Conn: st.Conn}
	st.Conn = c
	if st.Codes != nil {
		c.codes, st.Codes = st.Codes, c
	}
}

// A sharedConn is a Conn on which several goroutines may send.
type sharedConn struct {
	driver.Conn
	codes driver.CodeCloser // may be nil
	mu    sync.Mutex
}

func (c *sharedConn) Send(p []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Conn.Send(p)
}

func (c *sharedConn) CloseSend() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Conn.CloseSend()
}

// CloseWith implements driver.CodeCloser.
func (c *sharedConn) CloseWith(code int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.codes.CloseWith(code)
}
