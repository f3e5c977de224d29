package script

import (
	"sync"
	"sync/atomic"
)

// Bounds on the outstanding messages of a stream. Beyond maxPending, the oldest are forgotten.
const (
	minPending = 8
	maxPending = 1 << 16
)

// pending maps the sequence numbers of outstanding messages to their due and send times. One
// goroutine may put while another takes; neither blocks. Numbers must be put in order, without
// gaps.
type pending struct {
	slots  atomic.Pointer[[]slot]
	first  atomic.Uint64 // the first number put, plus one
	next   atomic.Uint64 // the last number put, plus one
	newest atomic.Uint64 // the highest number taken, plus one
	head   uint64        // the taker's; all numbers before it are answered if replies arrive in order
	late   overdue
}

// overdue holds messages that lost their slot because reorderWindow later ones were answered
// first. They may only be late. Only such messages take its lock.
type overdue struct {
	n  atomic.Int64
	mu sync.Mutex
	at map[uint64]times
}

type times struct{ intended, sent int64 }

// put moves the message out of its slot, unless take answers it first.
func (o *overdue) put(s *slot, state int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.at == nil {
		o.at = map[uint64]times{}
	}
	if len(o.at) >= maxPending {
		return
	}
	o.n.Store(1) // before the slot is emptied, so that take finds the message in one of both
	if t := (times{s.intended.Load(), s.sent.Load()}); s.state.CompareAndSwap(state, -state) {
		o.at[uint64(state)-1] = t
	}
	o.n.Store(int64(len(o.at)))
}

func (o *overdue) take(seq uint64) (t times, ok bool) {
	if o.n.Load() == 0 {
		return t, false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if t, ok = o.at[seq]; ok {
		delete(o.at, seq)
		o.n.Store(int64(len(o.at)))
	}
	return t, ok
}

// A slot holds a message. Its state is the number plus one, negative once answered; 0: empty.
type slot struct{ state, intended, sent atomic.Int64 }

func (p *pending) ring() []slot {
	if s := p.slots.Load(); s != nil {
		return *s
	}
	return nil
}

// put adds a message. It must be called before sending.
func (p *pending) put(seq uint64, intended, sent int64) {
	ring := p.ring()
	if n := len(ring); n == 0 || (n < maxPending && p.mayBeAnswered(&ring[seq&uint64(n-1)])) {
		ring = p.grow()
	}
	s := &ring[seq&uint64(len(ring)-1)]
	if state := s.state.Load(); state > 0 && uint64(state) <= seq && !p.mayBeAnswered(s) {
		p.late.put(s, state)
	}
	s.intended.Store(intended)
	s.sent.Store(sent)
	s.state.Store(int64(seq) + 1)
	if p.first.Load() == 0 {
		p.first.Store(seq + 1)
	}
	p.next.Store(seq + 1)
}

// A message keeps its slot while it is at most reorderWindow behind the newest answered one.
// Without that bound, the ring would grow with each lost message.
const reorderWindow = 1 << 10

// mayBeAnswered reports whether the message in a slot may still be answered.
func (p *pending) mayBeAnswered(s *slot) bool {
	state := s.state.Load()
	return state > 0 && uint64(state)+reorderWindow > p.newest.Load()
}

// grow doubles the ring. The taker may mark an old slot concurrently and then find the message
// unanswered in the new ring; the ledger counts the second reply.
func (p *pending) grow() []slot {
	old := p.ring()
	ring := make([]slot, max(minPending, 2*len(old)))
	for i := range old {
		if state := old[i].state.Load(); state != 0 {
			seq := uint64(max(state, -state)) - 1
			s := &ring[seq&uint64(len(ring)-1)]
			s.intended.Store(old[i].intended.Load())
			s.sent.Store(old[i].sent.Load())
			s.state.Store(state)
		}
	}
	p.slots.Store(&ring)
	return ring
}

// take returns the due and send times of an outstanding message and marks it answered.
func (p *pending) take(seq uint64) (intended, sent int64, ok bool) {
	ring := p.ring()
	if len(ring) == 0 {
		return 0, 0, false
	}
	s := &ring[seq&uint64(len(ring)-1)]
	intended, sent = s.intended.Load(), s.sent.Load()
	if !s.state.CompareAndSwap(int64(seq)+1, -int64(seq)-1) {
		t, ok := p.late.take(seq)
		return t.intended, t.sent, ok
	}
	if seq >= p.newest.Load() {
		p.newest.Store(seq + 1)
	}
	return intended, sent, true
}

// takeFirst takes the oldest outstanding message that was sent by the time at.
func (p *pending) takeFirst(at int64) (seq uint64, intended, sent int64, ok bool) {
	next := p.next.Load()
	if first := p.first.Load(); first > 0 {
		p.head = max(p.head, first-1)
	}
	if next > maxPending {
		p.head = max(p.head, next-maxPending)
	}
	for ring := p.ring(); p.head < next; p.head++ {
		if s := &ring[p.head&uint64(len(ring)-1)]; s.state.Load() == int64(p.head)+1 && s.sent.Load() > at {
			break
		}
		if intended, sent, ok = p.take(p.head); ok {
			p.head++
			return p.head - 1, intended, sent, true
		}
	}
	return 0, 0, 0, false
}
