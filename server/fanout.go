package server

import (
	"sync"

	"rtbench/proto"
)

// A subscriber is the pattern of a stream that subscribes to a topic.
type subscriber struct {
	passive
	hub   *hub
	call  proto.Call
	st    stream
	topic *topic
	group group

	gone  chan struct{} // closed when the client leaves
	index int           // in its group

	// For a queueGroup.
	queue  chan *sharedMessage
	closed bool // queue is closed
	writer sync.WaitGroup
}

func newSubscriber(s *Server, c proto.Call, st stream) pattern {
	return &subscriber{hub: &s.hub, call: c, st: st}
}

func (s *subscriber) start() { s.topic = s.hub.join(s.call.Topic, s.call, s) }

func (s *subscriber) Ended(error) {
	close(s.gone)
	s.hub.leave(s.topic, s)
}

func (s *subscriber) wait() { s.writer.Wait() }
