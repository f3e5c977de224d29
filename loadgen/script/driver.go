package script

import (
	"context"
	"sync"
	"time"

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
func (d *scriptedDriver) Open(ctx context.Context, c proto.Call) (driver.Stream, error) {
	st, err := d.Driver.Open(ctx, c)
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

func (d *scriptedDriver) Retry() time.Duration {
	if r, ok := d.Driver.(driver.Retrier); ok {
		return r.Retry()
	}
	return 0
}

func (d *scriptedDriver) StreamLimit() (most, reserved int) { return driver.StreamLimitOf(d.Driver) }

// wrap returns st with the session on it. The result is EventDriven if st is.
func (t *session) wrap(st driver.Stream) driver.Stream {
	s := &stream{session: t, raw: st, writable: driver.WritableOf(st)}
	s.Stream = driver.TranscodeMany(st, t.encode, t.decode, t.decodeNext)
	if driven, ok := s.Stream.(driver.EventDriven); ok {
		return &drivenStream{s, driven}
	}
	return s
}

var (
	_ driver.SyncSender = (*stream)(nil)
	_ driver.Writable   = (*stream)(nil)
	_ driver.Negotiator = (*stream)(nil)
	_ driver.Retrier    = (*scriptedDriver)(nil)
)

// stream is a scripted stream.
type stream struct {
	driver.Stream
	session  *session
	raw      driver.Stream
	writable driver.Writable // raw's, or nil
}

// Send implements proto.Conn. A message that was not sent awaits no reply.
func (s *stream) Send(p []byte) error {
	err := s.Stream.Send(p)
	if err != nil {
		s.session.forgetLast()
	}
	return err
}

func (s *stream) Recv() ([]byte, error) {
	b, err := s.Stream.Recv()
	if err != nil {
		err = s.session.closing.endError(err)
	}
	return b, err
}

func (s *stream) Writable() bool { return s.writable == nil || s.writable.Writable() }

func (s *stream) SendWaits() bool { return driver.SendWaits(s.raw) }

func (s *stream) Negotiated() string {
	n, ok := s.raw.(driver.Negotiator)
	switch {
	case !ok:
		return ""
	case s.session.script.Mask != nil: // a subprotocol may be a token
		return string(s.session.script.Mask([]byte(n.Negotiated())))
	}
	return n.Negotiated()
}

type drivenStream struct {
	*stream
	driven driver.EventDriven
}

func (s *drivenStream) Drive(l *eventloop.Loop, h proto.Handler) error {
	return s.driven.Drive(l, endHandler{h, &s.session.closing})
}

// endHandler passes the reason for a stream's end to its Handler.
type endHandler struct {
	proto.Handler
	closing *closing
}

func (h endHandler) Ended(err error) { h.Handler.Ended(h.closing.endError(err)) }
