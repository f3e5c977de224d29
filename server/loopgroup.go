package server

import (
	"sync"

	"rtbench/proto/eventloop"
)

// A loopGroup is a group of subscribers on one event loop. All messages that are pending
// when the loop runs go to each subscriber in one write.
type loopGroup struct {
	server  *Server
	encoder encoder
	first   fanoutStream
	loop    *eventloop.Loop
	deliver func()

	mu      sync.Mutex
	pending []*sharedMessage

	// Owned by the loop.
	subscribers []*subscriber
	taken       []*sharedMessage
	joined      []byte
}

func (g *loopGroup) accepts(sub *subscriber) bool {
	return sub.st.drivenBy() == g.loop && g.encoder.accepts(sub)
}

func (g *loopGroup) add(sub *subscriber) {
	g.loop.Post(func() {
		sub.index = len(g.subscribers)
		g.subscribers = append(g.subscribers, sub)
	})
}

func (g *loopGroup) remove(sub *subscriber) {
	g.loop.Post(func() { g.subscribers = removeSubscriber(g.subscribers, sub) })
}

func (g *loopGroup) publish(m published) {
	p := newSharedMessage()
	if g.encoder.encode(m, g.first, p) != nil {
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

// maxJoinedBytes bounds the messages joined into one write in bytes.
const maxJoinedBytes = 64 << 10

func (g *loopGroup) deliverPending() {
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

// join joins the first n messages, as many as fit.
func (g *loopGroup) join(parcels []*sharedMessage) (joined []byte, n int) {
	g.joined = g.joined[:0]
	for _, p := range parcels {
		if n > 0 && len(g.joined)+len(p.bytes) > maxJoinedBytes {
			break
		}
		g.joined = append(g.joined, p.bytes...)
		n++
	}
	return g.joined, n
}

// offer sends b, which holds n messages, to each subscriber with less than limit bytes
// buffered.
func (g *loopGroup) offer(b []byte, n, limit int) {
	sent, dropped := 0, 0
	for _, sub := range g.subscribers {
		switch ok, err := sub.st.Offer(b, limit); {
		case err != nil: // its handler gets the error
		case ok:
			sent += n
		default:
			dropped += n
		}
	}
	g.server.stats.stripes[0].messagesOut.Add(uint64(sent))
	g.server.stats.dropped.Add(uint64(dropped))
}

func (g *loopGroup) finish() {
	g.loop.Post(func() {
		for _, sub := range g.subscribers {
			drain(sub.st, sub.gone)
		}
	})
}
