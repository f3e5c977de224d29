package server

import (
	"sync"
	"sync/atomic"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// queueLength is how many messages wait for a slow subscriber. When its queue is
// full a message is dropped for that subscriber alone, and counted in the stats;
// the subscriber sees the gap in the sequence numbers.
const queueLength = 1024

// A packer encodes a message once for all streams of its kind.
type packer interface {
	// kind is the same for all streams that can send each other's parcels.
	kind() string
	// pack encodes p into parcel.
	pack(into *parcel, p []byte) error
	// sendPacked sends what pack of a stream of the same kind made.
	sendPacked(*parcel) error
}

// A parcel is one message, encoded for one kind of stream, on its way to many
// subscribers. The last to release it gives its buffer back.
type parcel struct {
	bytes    []byte
	prepared any // what a protocol's library made of it
	refs     atomic.Int32
}

var parcels = sync.Pool{New: func() any { return new(parcel) }}

func newParcel() *parcel {
	p, _ := parcels.Get().(*parcel)
	p.refs.Store(1)
	return p
}

func (p *parcel) release() {
	if p.refs.Add(-1) == 0 {
		p.bytes, p.prepared = p.bytes[:0], nil
		parcels.Put(p)
	}
}

// A hub holds the topics. The zero value, with its server set, is ready to use.
type hub struct {
	server *Server
	mu     sync.Mutex
	topics map[string]*topic
}

// A topic is a pace.Task that publishes by the plan of its first subscriber.
type topic struct {
	message *proto.Message
	seq     uint64
	dropped *atomic.Uint64
	pacer   *pace.Metronome
	done    chan struct{}

	mu    sync.Mutex
	kinds []*kindGroup
	count int
}

type kindGroup struct {
	kind        string
	subscribers []*subscriber
}

type subscriber struct {
	st    stream
	queue chan *parcel
}

// subscribe sends st the messages of the call's topic until the plan ends or the
// client is gone. The first subscriber starts the topic, the last to leave ends
// it.
func (h *hub) subscribe(st stream, call proto.Call, gone <-chan struct{}) error {
	sub := &subscriber{st: st, queue: make(chan *parcel, queueLength)}
	t := h.join(sub, call)
	defer h.leave(t, sub, call.Topic)
	for {
		select {
		case p := <-sub.queue:
			err := st.sendPacked(p)
			p.release()
			if err != nil {
				return err
			}
		case <-gone:
			return nil
		case <-h.server.ctx.Done():
			return nil
		case <-t.done:
			return sub.finish()
		}
	}
}

// finish sends what is still queued when the topic has ended.
func (s *subscriber) finish() error {
	var errs error
	for {
		select {
		case p := <-s.queue:
			if errs == nil {
				errs = s.st.sendPacked(p)
			}
			p.release()
		default:
			return errs
		}
	}
}

func (h *hub) join(sub *subscriber, call proto.Call) *topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[call.Topic]
	if t != nil {
		t.add(sub)
		return t
	}
	t = &topic{
		message: proto.NewMessage(call.Size, call.Text),
		dropped: &h.server.stats.dropped,
		pacer:   h.server.metronome(call),
		done:    make(chan struct{}),
	}
	t.add(sub)
	if h.topics == nil {
		h.topics = map[string]*topic{}
	}
	h.topics[call.Topic] = t
	t.pacer.Add(call.Origin, pace.NewPlan(call.Profile, call.Arrivals, call.Seed, 0, 1), t)
	return t
}

func (h *hub) leave(t *topic, sub *subscriber, name string) {
	h.mu.Lock()
	last := t.remove(sub)
	if last && h.topics[name] == t {
		delete(h.topics, name)
	}
	h.mu.Unlock()
	if last {
		t.pacer.Remove(t)
	}
	for len(sub.queue) > 0 {
		(<-sub.queue).release()
	}
}

func (t *topic) add(sub *subscriber) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	for _, g := range t.kinds {
		if g.kind == sub.st.kind() {
			g.subscribers = append(g.subscribers, sub)
			return
		}
	}
	t.kinds = append(t.kinds, &kindGroup{kind: sub.st.kind(), subscribers: []*subscriber{sub}})
}

// remove returns true when nobody is left.
func (t *topic) remove(sub *subscriber) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range t.kinds {
		for i, s := range g.subscribers {
			if s == sub {
				g.subscribers = append(g.subscribers[:i], g.subscribers[i+1:]...)
				t.count--
				return t.count == 0
			}
		}
	}
	return t.count == 0
}

// Fire implements pace.Task: it publishes one message.
func (t *topic) Fire(due int64) bool {
	b := t.message.Stamp(proto.Header{Seq: t.seq, Intended: due, Sent: clock.Now()})
	t.seq++
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range t.kinds {
		g.publish(b, t.dropped)
	}
	return true
}

// Done implements pace.Task.
func (t *topic) Done() { close(t.done) }

func (g *kindGroup) publish(b []byte, dropped *atomic.Uint64) {
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
