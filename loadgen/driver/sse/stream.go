package sse

import (
	"errors"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/eventloop"
)

// sending returns a stream on c, whose Send waits for the response to a POST.
func sending(c driver.DrivenConn) *driver.Stream {
	st := driver.Driven(c)
	st.SendWaits = true
	return st
}

// A customStream receives events, over HTTP/1.1 or HTTP/2, and posts messages.
type customStream struct {
	events interface {
		Recv() ([]byte, error)
		Drive(*eventloop.Loop, proto.Handler) error
		Writable() bool
		Close() error
	}
	position
	poster interface { // nil if the stream only receives
		post(p []byte) error // and wait for the response
		close()
	}
	ended bool
}

// Send posts one message and waits for the response.
func (st *customStream) Send(p []byte) error {
	switch {
	case st.poster == nil:
		return driver.ErrReceiveOnly
	case st.ended:
		return eventloop.ErrSendAfterEnd
	}
	return st.poster.post(p)
}

// CloseSend implements driver.Stream. SSE has no way to tell the server.
func (st *customStream) CloseSend() error {
	st.ended = true
	return nil
}

func (st *customStream) Recv() ([]byte, error) {
	p, err := st.events.Recv()
	if err != nil {
		st.save()
	}
	return p, err
}

func (st *customStream) Drive(l *eventloop.Loop, h proto.Handler) error {
	if st.framing.Sized && st.framing.Left == 0 {
		return errors.ErrUnsupported // the events have ended, and the loop would not notice
	}
	return st.events.Drive(l, savingHandler{h, st.position})
}

func (st *customStream) Writable() bool { return st.events.Writable() }

// Close ends the events and aborts a POST.
func (st *customStream) Close() error {
	if st.poster != nil {
		st.poster.close()
	}
	return st.events.Close()
}
