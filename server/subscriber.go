package server

import (
	"sync"

	"rtbench/proto"
)

// A subscriber is the pattern of a stream that gets what a topic publishes.
type subscriber struct {
	passive
	hub   *hub
	call  proto.Call
	st    stream
	topic *topic
	group group

	index    int          // in its group
	progress sendProgress // of a drivenGroup, when the topic has ended

	// In a queuedGroup.
	queue  chan *sharedMessage
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
