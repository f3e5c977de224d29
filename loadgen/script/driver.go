package script

import (
	"context"
	"sync"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/eventloop"
)

// Wrap returns a driver whose streams speak s over the streams of d, which it owns. w receives
// failures.
func (s *Script) Wrap(d driver.Driver, w Observer) driver.Driver {
	return &scriptedDriver{Driver: d, script: s, observer: w, sequences: map[int]*sequence{}}
}

type scriptedDriver struct {
	driver.Driver
	script   *Script
	observer Observer

	mu        sync.Mutex
	sequences map[int]*sequence // by share
}

// sequence returns the numbering of a share, which its successive streams continue.
func (d *scriptedDriver) sequence(share int) *sequence {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sequences[share] == nil {
		d.sequences[share] = &sequence{}
	}
	return d.sequences[share]
}

// Open implements driver.Driver. The stream is open once its opening steps are done.
func (d *scriptedDriver) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	c := e.Call
	st, err := d.Driver.Open(ctx, e)
	if err != nil {
		return nil, err
	}
	t := newSession(d.script, d.observer, c, d.sequence(c.Share))
	if err := t.runOpening(ctx, st); err != nil {
		_ = st.Close()
		return nil, err
	}
	return t.wrap(st), nil
}

// wrap returns st with the session on it.
func (t *session) wrap(st *driver.Stream) *driver.Stream {
	out := *driver.TranscodeMany(st, t.encode, t.decode, t.decodeNext)
	if drive := out.Drive; drive != nil {
		out.Drive = func(l *eventloop.Loop, h proto.Handler) error { return drive(l, endHandler{h, &t.closing}) }
	}
	if t.script.Mask != nil { // a subprotocol may be a token
		out.Negotiated = string(t.script.Mask([]byte(st.Negotiated)))
	}
	out.Conn = &stream{Conn: out.Conn, session: t, raw: st}
	return &out
}

// stream is a scripted stream.
type stream struct {
	driver.Conn
	session *session
	raw     *driver.Stream
}

// Send implements proto.Conn. A message that was not sent awaits no reply.
func (s *stream) Send(p []byte) error {
	err := s.Conn.Send(p)
	if err != nil {
		s.session.forgetLast()
	}
	return err
}

func (s *stream) Recv() ([]byte, error) {
	b, err := s.Conn.Recv()
	if err != nil {
		err = s.session.closing.endError(err)
	}
	return b, err
}

// endHandler passes the reason for a stream's end to its Handler.
type endHandler struct {
	proto.Handler
	closing *closing
}

func (h endHandler) Ended(err error) { h.Handler.Ended(h.closing.endError(err)) }
