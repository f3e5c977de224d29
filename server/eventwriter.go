package server

import (
	"io"
	"sync"

	"rtbench/proto/framing"
)

// An eventWriter sends events in the body of a response that a library writes.
type eventWriter struct {
	undriven
	w       io.Writer
	flush   func() error // after each event
	framing framing.SSE
	name    string
	out     []byte
	sending sync.Mutex // the handler must not return during a Send
	closed  bool
	over    chan struct{} // the handler may return
	once    sync.Once
}

// newEventWriter returns a stream of a call without its w and flush.
func newEventWriter(protocol string, call request) *eventWriter {
	return &eventWriter{framing: framing.SSE{Text: call.Text}, name: framedKind(protocol, call), over: make(chan struct{})}
}

func (st *eventWriter) Send(p []byte) error {
	st.out = st.framing.Append(st.out[:0], p)
	return st.write(st.out)
}

func (st *eventWriter) write(b []byte) error {
	st.sending.Lock()
	defer st.sending.Unlock()
	if st.closed {
		return io.ErrClosedPipe
	}
	if _, err := st.w.Write(b); err != nil {
		return err
	}
	return st.flush()
}

// CloseSend implements stream. The response ends when its handler returns.
func (st *eventWriter) CloseSend() error {
	st.once.Do(func() { close(st.over) })
	return nil
}

// CloseSent implements stream. The handler returns after the current Send.
func (st *eventWriter) CloseSent() error { return st.CloseSend() }

// finish prevents further Sends and waits for the current one: nothing may be written
// after the handler has returned.
func (st *eventWriter) finish() {
	st.sending.Lock()
	defer st.sending.Unlock()
	st.closed = true
}

func (st *eventWriter) kind() string { return st.name }

func (st *eventWriter) encodeShared(into *sharedMessage, p []byte) error { //nolint:unparam // of fanoutStream
	into.bytes = st.framing.Append(into.bytes[:0], p)
	return nil
}

func (st *eventWriter) sendShared(p *sharedMessage) error { return st.write(p.bytes) }
