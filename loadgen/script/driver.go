package script

import (
	"context"
	"sync"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/eventloop"
)

// Over returns a driver whose streams speak by s over those of d, which it owns. What is
// amiss with a reply goes to w.
func (s *Script) Over(d driver.Driver, w Watch) driver.Driver {
	return &over{Driver: d, script: s, watch: w, numbers: map[int]*series{}}
}

type over struct {
	driver.Driver
	script *Script
	watch  Watch

	mu      sync.Mutex
	numbers map[int]*series // by share
}

// series is that of a share. A stream of it is opened when the one before has ended.
func (d *over) series(share int) *series {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.numbers[share] == nil {
		d.numbers[share] = &series{}
	}
	return d.numbers[share]
}

// Open implements driver.Driver: the stream is open when the opening steps are done.
func (d *over) Open(ctx context.Context, c proto.Call) (driver.Stream, error) {
	st, err := d.Driver.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	t := newTalk(d.script, d.watch, c, d.series(c.Share))
	if err := t.perform(ctx, st); err != nil {
		_ = st.Close()
		return nil, err
	}
	return t.on(st), nil
}

// Retry implements driver.Retrier.
func (d *over) Retry() time.Duration {
	if r, ok := d.Driver.(driver.Retrier); ok {
		return r.Retry()
	}
	return 0
}

// StreamLimit implements driver.StreamLimiter.
func (d *over) StreamLimit() (most, reserved int) { return driver.StreamLimitOf(d.Driver) }

// on returns st with the talk on it; Driven, if st is.
func (t *talk) on(st driver.Stream) driver.Stream {
	s := &stream{talk: t, raw: st, room: driver.WritableOf(st)}
	s.Stream = driver.TranscodeMany(st, t.say, t.hear, t.more)
	if driven, ok := s.Stream.(driver.EventDriven); ok {
		return &drivenStream{s, driven}
	}
	return s
}

var _ driver.SyncSender = (*stream)(nil)

// A stream is what the generator is given.
type stream struct {
	driver.Stream
	talk *talk
	raw  driver.Stream
	room driver.Writable // raw's, or nil
}

// Send implements proto.Conn. What could not be sent is not waited for.
func (s *stream) Send(p []byte) error {
	err := s.Stream.Send(p)
	if err != nil {
		s.talk.unsaid()
	}
	return err
}

// Recv implements proto.Conn.
func (s *stream) Recv() ([]byte, error) {
	b, err := s.Stream.Recv()
	if err != nil {
		err = s.talk.closing.ended(err)
	}
	return b, err
}

// Room implements driver.Roomed.
func (s *stream) Room() bool { return s.room == nil || s.room.Writable() }

// SendWaits implements driver.Waiter.
func (s *stream) SendWaits() bool { return driver.SendWaits(s.raw) }

// Negotiated implements driver.Negotiated.
func (s *stream) Negotiated() string {
	n, ok := s.raw.(driver.Negotiator)
	switch {
	case !ok:
		return ""
	case s.talk.script.Mask != nil: // a subprotocol may be a token
		return string(s.talk.script.Mask([]byte(n.Negotiated())))
	}
	return n.Negotiated()
}

type drivenStream struct {
	*stream
	driven driver.EventDriven
}

// Drive implements driver.Driven.
func (s *drivenStream) Drive(l *eventloop.Loop, h proto.Handler) error {
	return s.driven.Drive(l, leaving{h, &s.talk.closing})
}

// A leaving is a handler that is told why its stream ended.
type leaving struct {
	proto.Handler
	closing *closing
}

// Ended implements proto.Handler.
func (h leaving) Ended(err error) { h.Handler.Ended(h.closing.ended(err)) }
