package server

import (
	"bytes"
	"errors"
	"io"

	"rtbench/proto/clock"
)

// maxDelayedMessages is the number of queued messages from which Send blocks.
const maxDelayedMessages = 64 << 10

// A queuedStream is a stream whose exchange has a delayQueue.
type queuedStream struct {
	stream
	queue *delayQueue
}

// CloseSend implements stream. It first sends queued messages at their time.
func (l *queuedStream) CloseSend() error {
	l.queue.finish()
	return l.stream.CloseSend()
}

func (l *queuedStream) CloseSent() error { return l.end(l.stream.CloseSent) }

// Close implements stream. It drops queued messages and unblocks the pattern's Message.
func (l *queuedStream) Close() error { return l.end(l.stream.Close) }

func (l *queuedStream) end(closeStream func() error) error {
	l.queue.cancel()
	err := closeStream()
	<-l.queue.ended
	return err
}

// A delayedStream sends messages late. Send only queues them, so that a delay blocks neither
// the metronome of a push nor the POST of an SSE stream.
type delayedStream struct{ queuedStream }

// Send implements proto.Conn. It returns the error of an earlier message.
func (l *delayedStream) Send(p []byte) error { return l.queue.put(clock.Now(), p, nil) }

func (l *delayedStream) sendShared(p *sharedMessage) error {
	p.refs.Add(1) // not released, so that it may be dropped or sent twice
	return l.queue.put(clock.Now(), nil, p)
}

// sendTo returns the delivery of a delayedStream.
func sendTo(st stream) func(delayedMessage) error {
	return func(m delayedMessage) error {
		if m.shared != nil {
			return st.sendShared(m.shared)
		}
		return st.Send(m.bytes)
	}
}

// A delayedStreamPattern is the pattern of a delayedStream. If the client leaves, it
// drops the queue.
type delayedStreamPattern struct {
	pattern
	queue      *delayQueue
	fromServer bool
}

func (l *delayedStreamPattern) Ended(err error) {
	if l.fromServer || !errors.Is(err, io.EOF) {
		l.queue.cancel()
	}
	l.pattern.Ended(err)
}

// A delayedPattern delays received messages. Its Message blocks until the message is released.
type delayedPattern struct {
	pattern
	queue *delayQueue
}

func (l *delayedPattern) Message(p []byte, at int64) {
	_ = l.queue.put(at, p, nil)
}

// messageTo returns the delivery of a delayedPattern.
func messageTo(p pattern) func(delayedMessage) error {
	return func(m delayedMessage) error {
		p.Message(bytes.Clone(m.bytes), clock.Now()) // may change its argument
		return nil
	}
}

func (l *delayedPattern) Ended(err error) {
	l.queue.finish()
	l.pattern.Ended(err)
}
