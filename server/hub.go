package server

import (
	"slices"
	"sync"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// queueLength limits the messages queued for a slow subscriber. When its queue is full,
// messages are dropped for that subscriber only and counted in the stats; it sees a gap
// in the sequence numbers.
const queueLength = 1024

// A hub holds the topics.
type hub struct {
	server *Server
	mu     sync.Mutex
	topics map[string]*topic
}

// A topic is a pace.Task that publishes by the plan of its first subscriber, or without a plan what
// clients send. It lasts as long as its subscribers and publishers.
type topic struct {
	server *Server
	name   string
	seq    uint64
	pacer  *pace.Metronome // nil without a plan

	mu     sync.Mutex
	groups []group
	count  int
	done   bool // the plan has ended
}

// A group is the subscribers of a topic that share encoded messages and a way of sending.
type group interface {
	// accepts reports whether sub belongs to the group.
	accepts(sub *subscriber) bool
	add(sub *subscriber)
	remove(sub *subscriber)
	// publish sends a message to all subscribers, or schedules that.
	publish(m published)
	// finish ends all streams once published messages are sent. It may be called again, for
	// subscribers that joined late.
	finish()
}

// A published message is a body, or without one that with the header.
type published struct {
	header proto.Header
	body   []byte // valid during the call
}

// join returns the topic of a call for a subscriber, or for a publisher if it is nil.
func (h *hub) join(name string, c proto.Call, sub *subscriber) *topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[name]
	if t == nil {
		t = &topic{server: h.server, name: name}
		h.topics[name] = t
		if sub != nil && len(c.Profile) > 0 {
			var plan *pace.Plan
			t.pacer = h.server.metronome(c)
			plan, t.seq = c.Rest()
			defer func() { t.pacer.Add(c.Origin, plan, t) }()
		}
	}
	t.add(sub)
	return t
}

// leave removes a subscriber, or a publisher if sub is nil. The topic ends with the last of them.
func (h *hub) leave(t *topic, sub *subscriber) {
	h.mu.Lock()
	last := t.remove(sub)
	if last && h.topics[t.name] == t {
		delete(h.topics, t.name)
	}
	h.mu.Unlock()
	if last && t.pacer != nil {
		t.pacer.Drop(t)
	}
}

func (t *topic) add(sub *subscriber) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	if sub == nil {
		return
	}
	i := slices.IndexFunc(t.groups, func(g group) bool { return g.accepts(sub) })
	if i < 0 {
		i = len(t.groups)
		t.groups = append(t.groups, newGroup(t.server, sub))
	}
	sub.gone, sub.group = make(chan struct{}), t.groups[i]
	sub.group.add(sub)
	if t.done {
		sub.group.finish()
	}
}

// remove returns true if nobody is left.
func (t *topic) remove(sub *subscriber) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if sub != nil {
		sub.group.remove(sub)
	}
	t.count--
	return t.count == 0
}

// Fire implements pace.Task: it publishes one message.
func (t *topic) Fire(due int64) bool {
	t.publish(published{header: proto.Header{Seq: t.seq, Intended: due, Sent: clock.Now()}})
	t.seq++
	return true
}

func (t *topic) publish(m published) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range t.groups {
		g.publish(m)
	}
}

func (t *topic) Done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done = true
	for _, g := range t.groups {
		g.finish()
	}
}
