package sse

import (
	"errors"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/eventloop"
)

// An customStream receives events, over HTTP/1.1 or 2, and posts what it sends.
type customStream struct {
	events interface {
		Recv() ([]byte, error)
		Drive(*eventloop.Loop, proto.Handler) error
		Writable() bool
		Close() error
	}
	position
	// poster posts and waits for the answer; nil: this client only listens.
	poster interface {
		post(p []byte) error
		close()
	}
	ended bool
}

// Send posts one message and returns when the server has answered.
func (st *customStream) Send(p []byte) error {
	switch {
	case st.poster == nil:
		return driver.ErrReceiveOnly
	case st.ended:
		return eventloop.ErrSendAfterEnd
	}
	return st.poster.post(p)
}

// SendWaits implements Waiter.
func (st *customStream) SendWaits() bool { return true }

// CloseSend implements Stream. There is no word by which a server would be told.
func (st *customStream) CloseSend() error {
	st.ended = true
	return nil
}

// Recv implements proto.Conn.
func (st *customStream) Recv() ([]byte, error) {
	p, err := st.events.Recv()
	if err != nil {
		st.save()
	}
	return p, err
}

// Drive implements Driven.
func (st *customStream) Drive(l *eventloop.Loop, h proto.Handler) error {
	if st.framing.Sized && st.framing.Left == 0 {
		return errors.ErrUnsupported // it has ended already, which no loop would be told
	}
	return st.events.Drive(l, savingHandler{h, st.position})
}

// Writable implements Driven.
func (st *customStream) Writable() bool { return st.events.Writable() }

// Close ends the events, and a POST under way.
func (st *customStream) Close() error {
	if st.poster != nil {
		st.poster.close()
	}
	return st.events.Close()
}
