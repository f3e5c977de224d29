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

// A topic is a pace.Task that publishes by the plan of its first subscriber.
type topic struct {
	server *Server
	seq    uint64
	pacer  *pace.Metronome

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
	// publish sends the message with header h to all subscribers, or schedules that.
	publish(h proto.Header)
	// finish ends all streams once published messages are sent. It may be called again, for
	// subscribers that joined late.
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
	t = &topic{server: h.server, pacer: h.server.metronome(c)}
	t.add(sub)
	h.topics[c.Topic] = t
	t.pacer.Add(c.Origin, c.Plan(), t)
	return t
}

// leave removes sub from t. The topic ends with its last subscriber.
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

// remove returns true if no subscriber is left.
func (t *topic) remove(sub *subscriber) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	sub.group.remove(sub)
	t.count--
	return t.count == 0
}

// Fire implements pace.Task: it publishes one message.
func (t *topic) Fire(due int64) bool {
	h := proto.Header{Seq: t.seq, Intended: due, Sent: clock.Now()}
	t.seq++
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range t.groups {
		g.publish(h)
	}
	return true
}

func (t *topic) Done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done = true
	for _, g := range t.groups {
		g.finish()
	}
}
