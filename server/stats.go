package server

import (
	"sync/atomic"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/usage"
)

// stripes is the number of counter sets; streams on different cores rarely share a cache
// line.
const stripes = 16

// A stripe is a set of counters on its own cache line.
type stripe struct {
	messagesIn, messagesOut atomic.Uint64
	bytes                   eventloop.Traffic
	_                       [128 - 4*8]byte
}

type stats struct {
	stripes [stripes]stripe
	next    atomic.Uint32
	streams atomic.Int64
	dropped atomic.Uint64
}

func (s *stats) stripe() *stripe { return &s.stripes[s.next.Add(1)%stripes] }

// Stats returns the server's counts and resource usage. It may be called from any
// goroutine.
func (s *Server) Stats() proto.Stats {
	st := proto.Stats{
		Usage: usage.Read(), Spin: s.spun(),
		Dropped: s.stats.dropped.Load(), Streams: s.stats.streams.Load(),
	}
	for i := range s.stats.stripes {
		c := &s.stats.stripes[i]
		st.MessagesReceived += c.messagesIn.Load()
		st.MessagesSent += c.messagesOut.Load()
		st.BytesReceived += c.bytes.Read.Load()
		st.BytesSent += c.bytes.Written.Load()
	}
	return st
}

// countedStream counts sent messages, and computes before each if a fault says so.
type countedStream struct {
	stream
	stripe *stripe
	work   int64 // in nanoseconds
}

func (c *countedStream) Send(p []byte) error {
	spin(c.work)
	return c.count(c.stream.Send(p))
}

func (c *countedStream) sendShared(p *sharedMessage) error {
	spin(c.work)
	return c.count(c.stream.sendShared(p))
}

func (c *countedStream) count(err error) error {
	if err == nil {
		c.stripe.messagesOut.Add(1)
	}
	return err
}
