package server

import (
	"errors"
	"sync"
	"sync/atomic"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
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
	// drivenBy is the loop that drives the stream; nil where it has a goroutine.
	drivenBy() *eventloop.Loop
	// Offer sends the bytes of parcels unless limit bytes already wait, and does not
	// wait itself. Of a driven stream only.
	Offer(b []byte, limit int) (bool, error)
	// Buffered is how many bytes of what was sent are still to be written.
	Buffered() int
}

// undriven is a stream that no loop can drive.
type undriven struct{}

func (undriven) drivenBy() *eventloop.Loop       { return nil }
func (undriven) Offer([]byte, int) (bool, error) { return false, errors.ErrUnsupported }
func (undriven) Buffered() int                   { return 0 }

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
	server  *Server
	message *proto.Message
	seq     uint64
	pacer   *pace.Metronome

	mu     sync.Mutex
	groups []group
	count  int
}

// A group is subscribers of a topic that get the same parcels in the same way.
type group interface {
	// takes says whether sub belongs here.
	takes(sub *subscriber) bool
	add(sub *subscriber)
	remove(sub *subscriber)
	// publish sends what b becomes to all subscribers, or has it sent soon.
	publish(b []byte)
	// finish ends all streams, when what was published is sent.
	finish()
}

func (h *hub) join(sub *subscriber) *topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := sub.call
	t := h.topics[c.Topic]
	if t != nil {
		t.add(sub)
		return t
	}
	t = &topic{server: h.server, message: proto.NewMessage(c.Size, c.Text), pacer: h.server.metronome(c)}
	t.add(sub)
	if h.topics == nil {
		h.topics = map[string]*topic{}
	}
	h.topics[c.Topic] = t
	t.pacer.Add(c.Origin, pace.NewPlan(c.Profile, c.Arrivals, c.Seed, 0, 1), t)
	return t
}

// leave takes sub from t; the last to leave ends the topic.
func (h *hub) leave(t *topic, sub *subscriber) {
	h.mu.Lock()
	last := t.remove(sub)
	if last && h.topics[sub.call.Topic] == t {
		delete(h.topics, sub.call.Topic)
	}
	h.mu.Unlock()
	if last {
		t.pacer.Drop(t)
	}
}

func (t *topic) add(sub *subscriber) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	for _, g := range t.groups {
		if g.takes(sub) {
			sub.group = g
			g.add(sub)
			return
		}
	}
	sub.group = newGroup(t.server, sub)
	sub.group.add(sub)
	t.groups = append(t.groups, sub.group)
}

// remove returns true when nobody is left.
func (t *topic) remove(sub *subscriber) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	sub.group.remove(sub)
	t.count--
	return t.count == 0
}

// Fire implements pace.Task: it publishes one message.
func (t *topic) Fire(due int64) bool {
	b := t.message.Stamp(proto.Header{Seq: t.seq, Intended: due, Sent: clock.Now()})
	t.seq++
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range t.groups {
		g.publish(b)
	}
	return true
}

// Done implements pace.Task.
func (t *topic) Done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range t.groups {
		g.finish()
	}
}

// A subscriber is the pattern of a stream that gets what a topic publishes.
type subscriber struct {
	passive
	hub   *hub
	call  proto.Call
	st    stream
	topic *topic
	group group

	index    int      // in its group
	patience patience // of a drivenGroup, when the topic has ended

	// In a queuedGroup.
	queue  chan *parcel
	gone   chan struct{} // the client has left
	last   chan struct{} // the topic has ended
	writer sync.WaitGroup
}

func (s *subscriber) begin() { s.topic = s.hub.join(s) }

// Ended implements proto.Handler.
func (s *subscriber) Ended(error) {
	if s.gone != nil {
		close(s.gone)
	}
	s.hub.leave(s.topic, s)
}

func (s *subscriber) wait() { s.writer.Wait() }
