package server

import (
	"rtbench/proto"
	"rtbench/proto/codec"
)

func newGroup(s *Server, first *subscriber) group {
	e := newEncoder(first)
	if loop := first.st.drivenBy(); loop != nil {
		g := &loopGroup{server: s, encoder: e, first: first.st, loop: loop}
		g.deliver = g.deliverPending
		return g
	}
	return &queueGroup{server: s, encoder: e}
}

// An encoder encodes the messages of a group.
type encoder struct {
	kind   string
	native bool
	codec  codec.Codec
}

func newEncoder(first *subscriber) encoder {
	kind, c := first.st.kind(), first.call
	return encoder{kind, c.Native, codec.New(kind, c.Native, proto.NewMessage(c.Size, c.Text))}
}

// accepts reports whether sub can receive the same messages.
func (e *encoder) accepts(sub *subscriber) bool {
	return sub.st.kind() == e.kind && sub.call.Native == e.native
}

// encode encodes a message for st and all others of the group.
func (e *encoder) encode(m published, st fanoutStream, into *sharedMessage) (err error) {
	b := m.body
	if b == nil {
		if b, err = e.codec.Encode(m.header); err != nil {
			return err
		}
	}
	return st.encodeShared(into, b)
}

// A queueGroup is a group of subscribers with a queue and a goroutine each.
type queueGroup struct {
	server      *Server
	encoder     encoder
	subscribers []*subscriber
}

func (g *queueGroup) accepts(sub *subscriber) bool {
	return sub.st.drivenBy() == nil && g.encoder.accepts(sub)
}

func (g *queueGroup) add(sub *subscriber) {
	sub.queue = make(chan *sharedMessage, queueLength)
	sub.index = len(g.subscribers)
	g.subscribers = append(g.subscribers, sub)
	sub.writer.Go(sub.sendQueued)
}

func (g *queueGroup) remove(sub *subscriber) {
	g.subscribers = removeSubscriber(g.subscribers, sub)
	sub.closeQueue()
}

func (s *subscriber) closeQueue() {
	if !s.closed {
		s.closed = true
		close(s.queue)
	}
}

// removeSubscriber removes sub from list, in which each subscriber knows its index.
func removeSubscriber(list []*subscriber, sub *subscriber) []*subscriber {
	last := list[len(list)-1]
	list[sub.index], last.index = last, sub.index
	list[len(list)-1] = nil
	return list[:len(list)-1]
}

func (g *queueGroup) publish(m published) {
	dropped := &g.server.stats.dropped
	if len(g.subscribers) == 0 {
		return
	}
	p := newSharedMessage()
	defer p.release()
	if g.encoder.encode(m, g.subscribers[0].st, p) != nil {
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

func (g *queueGroup) finish() {
	for _, sub := range g.subscribers {
		sub.closeQueue()
	}
}

// sendQueued sends until the queue is closed: the topic has ended, or the client has left, which ends
// the stream.
func (s *subscriber) sendQueued() {
	var err error
	for p := range s.queue {
		if err == nil {
			if err = s.st.sendShared(p); err != nil {
				_ = s.st.Close()
			}
		}
		p.release()
	}
	drain(s.st, s.gone)
}
