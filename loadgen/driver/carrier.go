package driver

import (
	"context"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/proto/wire"
)

// A carrier is a Stream whose messages travel inside others: those of the guide's
// contract, or of an encoding.
type carrier struct {
	Stream
	// wrap appends what carries p to dst; nil where the client sends nothing.
	wrap func(dst, p []byte) ([]byte, error)
	// unwrap returns the message that b carries, nil where it has none. An error ends
	// the stream.
	unwrap func(b []byte) ([]byte, error)
	// more returns the next message that the last b carries, nil if there is none. It is nil
	// if each carries one at most.
	more func() ([]byte, error)
	out  []byte
}

// Carry returns st with its messages inside others; Driven, if st is. wrap appends what
// carries p to dst, and is nil where the client sends nothing. unwrap returns the message
// that b carries, nil where it has none; an error ends the stream. Each is called by one
// goroutine at a time, and what they return is valid until they are called again.
func Carry(st Stream, wrap func(dst, p []byte) ([]byte, error), unwrap func([]byte) ([]byte, error)) Stream {
	return CarryMany(st, wrap, unwrap, nil)
}

// CarryMany is Carry, but b may carry several messages: more returns the next until it returns
// nil. More is also called before anything is received, for messages left from before.
func CarryMany(st Stream, wrap func(dst, p []byte) ([]byte, error), unwrap func([]byte) ([]byte, error), more func() ([]byte, error)) Stream {
	c := &carrier{Stream: st, wrap: wrap, unwrap: unwrap, more: more}
	if driven, ok := st.(Driven); ok {
		return &drivenCarrier{c, driven}
	}
	return c
}

// Waits says whether a Send on st waits for the server's answer.
func Waits(st Stream) bool {
	w, ok := beneath[Waiter](st)
	return ok && w.SendWaits()
}

// RoomOf returns what knows whether a Send on st would wait for the peer; nil where
// nothing does.
func RoomOf(st Stream) Roomed {
	r, _ := beneath[Roomed](st)
	return r
}

// beneath returns the outermost of st and the streams that carry it that is a T.
func beneath[T any](st Stream) (t T, ok bool) {
	for {
		if t, ok = st.(T); ok {
			return t, true
		}
		c, carried := st.(interface{ carries() Stream })
		if !carried {
			return t, false
		}
		st = c.carries()
	}
}

func (c *carrier) carries() Stream { return c.Stream }

// Send implements proto.Conn.
func (c *carrier) Send(p []byte) (err error) {
	if c.wrap == nil {
		return errNoWayUp
	}
	if c.out, err = c.wrap(c.out[:0], p); err != nil {
		return err
	}
	return c.Stream.Send(c.out)
}

// Recv implements proto.Conn.
func (c *carrier) Recv() ([]byte, error) {
	if c.more != nil {
		if p, err := c.more(); p != nil || err != nil {
			return p, err
		}
	}
	for {
		b, err := c.Stream.Recv()
		if err != nil {
			return nil, err
		}
		if p, err := c.unwrap(b); p != nil || err != nil {
			return p, err
		}
	}
}

type drivenCarrier struct {
	*carrier
	driven Driven
}

// Drive implements Driven.
func (c *drivenCarrier) Drive(l *wire.Loop, h proto.Handler) error {
	u := &unwrapping{Handler: h, carrier: c.carrier}
	if err := c.driven.Drive(l, u); err != nil {
		return err
	}
	if c.more != nil {
		l.Post(func() { u.rest(clock.Now()) })
	}
	return nil
}

// Room implements Driven.
func (c *drivenCarrier) Room() bool { return c.driven.Room() }

// An unwrapping gives its handler what is carried.
type unwrapping struct {
	proto.Handler
	carrier *carrier
	ended   bool
}

// Message implements proto.Handler.
func (u *unwrapping) Message(b []byte, at int64) {
	if u.ended {
		return
	}
	u.rest(at) // left from before the loop
	p, err := u.carrier.unwrap(b)
	if u.give(p, err, at) {
		u.rest(at)
	}
}

// rest hands on the messages that the last b still carries.
func (u *unwrapping) rest(at int64) {
	if u.carrier.more == nil {
		return
	}
	for !u.ended {
		if p, err := u.carrier.more(); !u.give(p, err, at) {
			return
		}
	}
}

// give hands a message to the handler, and reports whether there was one.
func (u *unwrapping) give(p []byte, err error, at int64) bool {
	switch {
	case err != nil:
		u.end(err)
		_ = u.carrier.Close()
	case p != nil:
		u.Handler.Message(p, at)
	}
	return p != nil && err == nil
}

// Ended implements proto.Handler.
func (u *unwrapping) Ended(err error) {
	u.rest(clock.Now())
	u.end(err)
}

func (u *unwrapping) end(err error) {
	if !u.ended {
		u.ended = true
		u.Handler.Ended(err)
	}
}

// encoding is a driver whose streams have the native encoding where the call asks for
// it.
type encoding struct {
	Driver
	protocol string
}

// StreamLimit implements StreamLimiter.
func (d encoding) StreamLimit() (most, reserved int) { return StreamLimitOf(d.Driver) }

// Open implements Driver.
func (d encoding) Open(ctx context.Context, c proto.Call) (Stream, error) {
	st, err := d.Driver.Open(ctx, c)
	if err != nil || !c.Native {
		return st, err
	}
	unwrap := codec.For(d.protocol).Take
	if c.Pattern == proto.Upload { // the answer is a Summary
		unwrap = func(b []byte) ([]byte, error) { return b, nil }
	}
	return Carry(st, codec.For(d.protocol).Append, unwrap), nil
}
