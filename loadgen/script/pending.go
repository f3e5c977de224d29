package script

import (
	"sync"
	"sync/atomic"
)

// The most messages of a stream that may be under way and still be told apart; of one that
// was sent so many messages ago nothing is known any more.
const (
	minPending = 8
	maxPending = 1 << 16
)

// A pending remembers of the messages under way on a stream when they were due and sent, by
// their number in the stream. One goroutine puts, another takes; neither waits. Numbers are
// put in their order, one after the other.
type pending struct {
	slots  atomic.Pointer[[]slot]
	first  atomic.Uint64 // the number put first, and one
	next   atomic.Uint64 // one beyond the number put last
	newest atomic.Uint64 // one beyond the highest number taken
	head   uint64        // the taker's: all before it are answered, where replies come in order
	late   overdue
}

// overdue holds messages that lost their slot, since passedOver later ones were answered first:
// they may only be late. Its lock is taken for such messages alone.
type overdue struct {
	n  atomic.Int64
	mu sync.Mutex
	at map[uint64]times
}

type times struct{ intended, sent int64 }

// put moves the message out of its slot, unless take answers it meanwhile.
func (o *overdue) put(s *slot, state int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.at == nil {
		o.at = map[uint64]times{}
	}
	if len(o.at) >= maxPending {
		return
	}
	o.n.Store(1) // before the slot is emptied: take must not miss it in both
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

// A slot is a message. Its state is its number and one: negative once it is answered, 0
// where there is none.
type slot struct{ state, intended, sent atomic.Int64 }

func (p *pending) ring() []slot {
	if s := p.slots.Load(); s != nil {
		return *s
	}
	return nil
}

// put adds a message, before it is sent.
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

// reorderWindow is how far behind the newest answered message one keeps its slot. Without it, rings
// would grow with each lost message.
const reorderWindow = 1 << 10

// mayBeAnswered says whether the message in a slot may still be answered.
func (p *pending) mayBeAnswered(s *slot) bool {
	state := s.state.Load()
	return state > 0 && uint64(state)+reorderWindow > p.newest.Load()
}

// grow makes room for twice as many. The taker may still mark an old slot, and then finds
// the message under way in the new one when it is answered again; the ledger tells.
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

// take returns when a message under way was due and sent, once; then and of others false.
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

// undoTake undoes the last takeFirst, of message seq.
func (p *pending) undoTake(seq uint64) {
	if ring := p.ring(); len(ring) > 0 {
		ring[seq&uint64(len(ring)-1)].state.CompareAndSwap(-int64(seq)-1, int64(seq)+1)
		p.head = min(p.head, seq)
	}
}

// takeFirst is take of the message that was put first of those under way.
func (p *pending) takeFirst() (seq uint64, intended, sent int64, ok bool) {
	next := p.next.Load()
	if first := p.first.Load(); first > 0 {
		p.head = max(p.head, first-1)
	}
	if next > maxPending {
		p.head = max(p.head, next-maxPending)
	}
	for ; p.head < next; p.head++ {
		if intended, sent, ok = p.take(p.head); ok {
			p.head++
			return p.head - 1, intended, sent, true
		}
	}
	return 0, 0, 0, false
}
