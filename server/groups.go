package server

import (
	"sync"
	"time"

	"rtbench/proto/eventloop"
)

func newGroup(s *Server, first *subscriber) group {
	if loop := first.st.drivenBy(); loop != nil {
		g := &drivenGroup{server: s, packer: first.st, loop: loop}
		g.deliver = g.deliverPending
		return g
	}
	return &queuedGroup{server: s, kind: first.st.kind()}
}

// A queuedGroup is subscribers that a goroutine each sends to, from a queue each.
type queuedGroup struct {
	server      *Server
	kind        string
	subscribers []*subscriber
}

func (g *queuedGroup) takes(sub *subscriber) bool {
	return sub.st.drivenBy() == nil && sub.st.kind() == g.kind
}

func (g *queuedGroup) add(sub *subscriber) {
	sub.queue = make(chan *parcel, queueLength)
	sub.gone, sub.last = make(chan struct{}), make(chan struct{})
	sub.index = len(g.subscribers)
	g.subscribers = append(g.subscribers, sub)
	sub.writer.Go(sub.sendQueued)
}

func (g *queuedGroup) remove(sub *subscriber) { g.subscribers = without(g.subscribers, sub) }

// without takes sub out of a list in which each knows its index.
func without(list []*subscriber, sub *subscriber) []*subscriber {
	last := list[len(list)-1]
	list[sub.index], last.index = last, sub.index
	list[len(list)-1] = nil
	return list[:len(list)-1]
}

func (g *queuedGroup) publish(b []byte) {
	dropped := &g.server.stats.dropped
	if len(g.subscribers) == 0 {
		return
	}
	p := newParcel()
	defer p.release()
	if g.subscribers[0].st.pack(p, b) != nil {
		dropped.Add(uint64(len(g.subscribers)))
		return
	}
	p.refs.Add(int32(len(g.subscribers)))
	for _, sub := range g.subscribers {
		select {
		case sub.queue <- p:
		default:
			dropped.Add(1)
			p.refs.Add(-1)
		}
	}
}

func (g *queuedGroup) finish() {
	for _, sub := range g.subscribers {
		close(sub.last)
	}
}

// sendQueued sends until the client has gone, or the topic has ended and what is
// queued is sent.
func (s *subscriber) sendQueued() {
	for {
		select {
		case p := <-s.queue:
			err := s.st.sendPacked(p)
			p.release()
			if err != nil {
				_ = s.st.Close()
				s.discard(s.gone)
				return
			}
		case <-s.gone:
			s.discard(s.gone)
			return
		case <-s.last:
			s.sendRest()
			return
		}
	}
}

func (s *subscriber) sendRest() {
	for len(s.queue) > 0 {
		p := <-s.queue
		err := s.st.sendPacked(p)
		p.release()
		if err != nil {
			break
		}
	}
	finish(s.st, s.gone)
	s.discard(s.gone)
}

// discard drops what is queued, when nobody queues any more.
func (s *subscriber) discard(ended <-chan struct{}) {
	<-ended
	for len(s.queue) > 0 {
		(<-s.queue).release()
	}
}

// A drivenGroup is subscribers that one event loop sends to, from one queue: what
// has gathered there goes to each in one write.
type drivenGroup struct {
	server  *Server
	packer  packer
	loop    *eventloop.Loop
	deliver func()

	mu      sync.Mutex
	pending []*parcel

	// The loop's own.
	subscribers []*subscriber
	taken       []*parcel
	joined      []byte
}

func (g *drivenGroup) takes(sub *subscriber) bool {
	return sub.st.drivenBy() == g.loop && sub.st.kind() == g.packer.kind()
}

func (g *drivenGroup) add(sub *subscriber) {
	g.loop.Post(func() {
		sub.index = len(g.subscribers)
		g.subscribers = append(g.subscribers, sub)
	})
}

func (g *drivenGroup) remove(sub *subscriber) {
	g.loop.Post(func() { g.subscribers = without(g.subscribers, sub) })
}

func (g *drivenGroup) publish(b []byte) {
	p := newParcel()
	if g.packer.pack(p, b) != nil {
		p.release()
		return
	}
	g.mu.Lock()
	g.pending = append(g.pending, p)
	first := len(g.pending) == 1
	g.mu.Unlock()
	if first {
		g.loop.Post(g.deliver)
	}
}

// longestJoin is how many bytes of parcels are joined into one write.
const longestJoin = 64 << 10

func (g *drivenGroup) deliverPending() {
	g.mu.Lock()
	g.taken, g.pending = g.pending, g.taken[:0]
	g.mu.Unlock()
	for rest := g.taken; len(rest) > 0; {
		b, n := rest[0].bytes, 1
		if len(rest) > 1 {
			b, n = g.join(rest)
		}
		g.offer(b, n, queueLength*len(b)/n)
		rest = rest[n:]
	}
	for _, p := range g.taken {
		p.release()
	}
}

// join joins the first n parcels, as many as may be.
func (g *drivenGroup) join(parcels []*parcel) (joined []byte, n int) {
	g.joined = g.joined[:0]
	for _, p := range parcels {
		if n > 0 && len(g.joined)+len(p.bytes) > longestJoin {
			break
		}
		g.joined = append(g.joined, p.bytes...)
		n++
	}
	return g.joined, n
}

// offer sends b, which is n messages, to each subscriber that has less than limit
// bytes waiting.
func (g *drivenGroup) offer(b []byte, n, limit int) {
	sent, dropped := 0, 0
	for _, sub := range g.subscribers {
		switch ok, err := sub.st.Offer(b, limit); {
		case err != nil: // its handler is told the end
		case ok:
			sent += n
		default:
			dropped += n
		}
	}
	g.server.stats.stripes[0].messagesOut.Add(uint64(sent))
	g.server.stats.dropped.Add(uint64(dropped))
}

func (g *drivenGroup) finish() {
	g.loop.Post(func() {
		for _, sub := range g.subscribers {
			_ = sub.st.CloseSend()
			sub.patience = patience{}
		}
		g.closeLater()
	})
}

func (g *drivenGroup) closeLater() {
	time.AfterFunc(grace, func() { g.loop.Post(g.closeStuck) })
}

// closeStuck closes the streams whose clients have not left, and looks again at those
// that are still being sent to.
func (g *drivenGroup) closeStuck() {
	again := false
	for _, sub := range g.subscribers {
		if sub.patience.over(sub.st) {
			_ = sub.st.Close()
		} else {
			again = true
		}
	}
	if again {
		g.closeLater()
	}
}
