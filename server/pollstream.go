package server

import (
	"context"
	"errors"
	"io"
	"sync"

	"rtbench/proto/framing"
)

// A pollStream holds the messages of a stream for the polls of its client, each with its length. Those of
// the last response are kept until the next poll acknowledges them, so that a response that is lost is sent
// again.
type pollStream struct {
	undriven
	name string

	polling sync.Mutex // held while a poll is answered
	mu      sync.Mutex
	changed *sync.Cond // messages, an end or an acknowledgement have come
	sent    []byte     // the messages of the last response
	ready   []byte     // the messages after them
	from    uint64     // number of messages before sent
	to      uint64     // and with those of sent
	count   uint64     // and with those of ready
	ended   bool       // CloseSend was called
	closed  bool       // Close was called
}

func newPollStream(r request) *pollStream {
	st := &pollStream{name: framedKind("long-poll", r)}
	st.changed = sync.NewCond(&st.mu)
	return st
}

// maxHeld is the number of bytes that wait for polls from which Send blocks.
const maxHeld = 64 << 10

func (st *pollStream) Send(p []byte) error {
	return st.hold(func(b []byte) []byte { return framing.TCP{}.Append(b, p) })
}

// hold appends a message, once the stream takes more.
func (st *pollStream) hold(add func([]byte) []byte) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	for len(st.ready)+len(st.sent) >= maxHeld && !st.closed && !st.ended {
		st.changed.Wait()
	}
	if st.closed || st.ended {
		return io.ErrClosedPipe
	}
	st.ready = add(st.ready)
	st.count++
	st.changed.Broadcast()
	return nil
}

// errWrongCursor refuses a poll after a message that is not the last of a response.
var errWrongCursor = errors.New("after: expected the cursor of the last response")

// poll acknowledges the messages up to a number and waits for more, until ctx ends. The messages are valid
// until the next poll. ended means that there will be no more.
func (st *pollStream) poll(ctx context.Context, after uint64) (messages []byte, cursor uint64, ended bool, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case after == st.from && after < st.to: // the response was lost
		return st.sent, st.to, st.ended && len(st.ready) == 0, nil
	case after != st.to:
		return nil, 0, false, errWrongCursor
	}
	st.sent = st.sent[:0]
	st.changed.Broadcast()
	defer context.AfterFunc(ctx, st.wake)()
	for len(st.ready) == 0 && !st.ended && !st.closed && ctx.Err() == nil {
		st.changed.Wait()
	}
	if st.closed {
		return nil, 0, false, io.ErrClosedPipe
	}
	st.sent, st.ready = st.ready, st.sent
	st.from, st.to = st.to, st.count
	return st.sent, st.to, st.ended, nil
}

func (st *pollStream) wake() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.changed.Broadcast()
}

// CloseSend implements stream.
func (st *pollStream) CloseSend() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.ended = true
	st.changed.Broadcast()
	return nil
}

// CloseSent implements stream. The messages wait for their polls.
func (st *pollStream) CloseSent() error { return st.CloseSend() }

func (st *pollStream) Close() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.closed = true
	st.changed.Broadcast()
	return nil
}

func (st *pollStream) Buffered() int {
	st.mu.Lock()
	defer st.mu.Unlock()
	return len(st.ready) + len(st.sent)
}

func (st *pollStream) kind() string { return st.name }

func (st *pollStream) encodeShared(into *sharedMessage, p []byte) error {
	into.bytes = framing.TCP{}.Append(into.bytes[:0], p)
	return nil
}

func (st *pollStream) sendShared(p *sharedMessage) error {
	return st.hold(func(b []byte) []byte { return append(b, p.bytes...) })
}
