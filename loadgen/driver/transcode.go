package driver

import (
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
)

// A transcoder is a Stream whose messages travel inside others: those of the guide's
// contract, or of an encoding.
type transcoder struct {
	Stream
	// encode appends what carries p to dst; nil where the client sends nothing.
	encode func(dst, p []byte) ([]byte, error)
	// decode returns the message that b carries, nil where it has none. An error ends
	// the stream.
	decode func(b []byte) ([]byte, error)
	// next returns the next message that the last b carries, nil if there is none. It is nil
	// if each carries one at most.
	next func() ([]byte, error)
	buf  []byte
}

// Transcode returns st with its messages inside others; Driven, if st is. wrap appends what
// carries p to dst, and is nil where the client sends nothing. unwrap returns the message
// that b carries, nil where it has none; an error ends the stream. Each is called by one
// goroutine at a time, and what they return is valid until they are called again.
func Transcode(st Stream, wrap func(dst, p []byte) ([]byte, error), unwrap func([]byte) ([]byte, error)) Stream {
	return TranscodeMany(st, wrap, unwrap, nil)
}

// TranscodeMany is Carry, but b may carry several messages: more returns the next until it returns
// nil. More is also called before anything is received, for messages left from before.
func TranscodeMany(st Stream, wrap func(dst, p []byte) ([]byte, error), unwrap func([]byte) ([]byte, error), more func() ([]byte, error)) Stream {
	c := &transcoder{Stream: st, encode: wrap, decode: unwrap, next: more}
	if driven, ok := st.(EventDriven); ok {
		return &eventTranscoder{c, driven}
	}
	return c
}

// SendWaits says whether a Send on st waits for the server's answer.
func SendWaits(st Stream) bool {
	w, ok := capability[SyncSender](st)
	return ok && w.SendWaits()
}

// WritableOf returns what knows whether a Send on st would wait for the peer; nil where
// nothing does.
func WritableOf(st Stream) Writable {
	r, _ := capability[Writable](st)
	return r
}

// capability returns the outermost of st and the streams that carry it that is a T.
func capability[T any](st Stream) (t T, ok bool) {
	for {
		if t, ok = st.(T); ok {
			return t, true
		}
		c, carried := st.(interface{ unwrap() Stream })
		if !carried {
			return t, false
		}
		st = c.unwrap()
	}
}

func (c *transcoder) unwrap() Stream { return c.Stream }

// Send implements proto.Conn.
func (c *transcoder) Send(p []byte) (err error) {
	if c.encode == nil {
		return ErrReceiveOnly
	}
	if c.buf, err = c.encode(c.buf[:0], p); err != nil {
		return err
	}
	return c.Stream.Send(c.buf)
}

// Recv implements proto.Conn.
func (c *transcoder) Recv() ([]byte, error) {
	if c.next != nil {
		if p, err := c.next(); p != nil || err != nil {
			return p, err
		}
	}
	for {
		b, err := c.Stream.Recv()
		if err != nil {
			return nil, err
		}
		if p, err := c.decode(b); p != nil || err != nil {
			return p, err
		}
	}
}

type eventTranscoder struct {
	*transcoder
	stream EventDriven
}

// Drive implements Driven.
func (c *eventTranscoder) Drive(l *eventloop.Loop, h proto.Handler) error {
	u := &decodingHandler{Handler: h, transcoder: c.transcoder}
	if err := c.stream.Drive(l, u); err != nil {
		return err
	}
	if c.next != nil {
		l.Post(func() { u.deliverPending(clock.Now()) })
	}
	return nil
}

// Writable implements Driven.
func (c *eventTranscoder) Writable() bool { return c.stream.Writable() }

// An decodingHandler gives its handler what is carried.
type decodingHandler struct {
	proto.Handler
	transcoder *transcoder
	ended      bool
}

// Message implements proto.Handler.
func (u *decodingHandler) Message(b []byte, at int64) {
	if u.ended {
		return
	}
	u.deliverPending(at) // left from before the loop
	p, err := u.transcoder.decode(b)
	if u.deliver(p, err, at) {
		u.deliverPending(at)
	}
}

// deliverPending hands on the messages that the last b still carries.
func (u *decodingHandler) deliverPending(at int64) {
	if u.transcoder.next == nil {
		return
	}
	for !u.ended {
		if p, err := u.transcoder.next(); !u.deliver(p, err, at) {
			return
		}
	}
}

// deliver hands a message to the handler, and reports whether there was one.
func (u *decodingHandler) deliver(p []byte, err error, at int64) bool {
	switch {
	case err != nil:
		u.end(err)
		_ = u.transcoder.Close()
	case p != nil:
		u.Handler.Message(p, at)
	}
	return p != nil && err == nil
}

// Ended implements proto.Handler.
func (u *decodingHandler) Ended(err error) {
	u.deliverPending(clock.Now())
	u.end(err)
}

func (u *decodingHandler) end(err error) {
	if !u.ended {
		u.ended = true
		u.Handler.Ended(err)
	}
}
