package driver

import (
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
)

// A transcoder carries messages inside those of another Conn, such as messages of the guide's API.
type transcoder struct {
	Conn
	encode func(dst, p []byte) ([]byte, error)
	decode func(b []byte) ([]byte, error)
	next   func() ([]byte, error)
	buf    []byte
}

// Transcode returns a Stream that encodes messages for st and decodes those from st. It has the
// capabilities of st. encode appends the message that carries p to dst; if it is nil, the stream only
// receives. decode returns the message that b carries, nil if there is none; an error ends the stream.
// Each function is called by one goroutine at a time, and its result is valid until its next call.
func Transcode(st *Stream, encode func(dst, p []byte) ([]byte, error), decode func(b []byte) ([]byte, error)) *Stream {
	return TranscodeMany(st, encode, decode, nil)
}

// TranscodeMany is like Transcode for messages that carry several others. decode returns the first;
// next returns another, nil after the last. It is also called before the first receive.
func TranscodeMany(st *Stream, encode func(dst, p []byte) ([]byte, error), decode func(b []byte) ([]byte, error), next func() ([]byte, error)) *Stream {
	out := *st
	c := &transcoder{Conn: st.Conn, encode: encode, decode: decode, next: next}
	out.Conn = c
	if st.Drive != nil {
		out.Drive = func(l *eventloop.Loop, h proto.Handler) error { return c.drive(st.Drive, l, h) }
	}
	return &out
}

func (c *transcoder) Send(p []byte) (err error) {
	if c.encode == nil {
		return ErrReceiveOnly
	}
	if c.buf, err = c.encode(c.buf[:0], p); err != nil {
		return err
	}
	return c.Conn.Send(c.buf)
}

func (c *transcoder) Recv() ([]byte, error) {
	if c.next != nil {
		if p, err := c.next(); p != nil || err != nil {
			return p, err
		}
	}
	for {
		b, err := c.Conn.Recv()
		if err != nil {
			return nil, err
		}
		if p, err := c.decode(b); p != nil || err != nil {
			return p, err
		}
	}
}

func (c *transcoder) drive(drive func(*eventloop.Loop, proto.Handler) error, l *eventloop.Loop, h proto.Handler) error {
	u := &decodingHandler{Handler: h, transcoder: c}
	if err := drive(l, u); err != nil {
		return err
	}
	if c.next != nil {
		l.Post(func() { u.deliverPending(clock.Now()) })
	}
	return nil
}

// A decodingHandler passes decoded messages to its handler.
type decodingHandler struct {
	proto.Handler
	transcoder *transcoder
	ended      bool
}

func (u *decodingHandler) Message(b []byte, at int64) {
	if u.ended {
		return
	}
	u.deliverPending(at) // left from before Drive
	p, err := u.transcoder.decode(b)
	if u.deliver(p, err, at) {
		u.deliverPending(at)
	}
}

// deliverPending delivers the messages that next returns.
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

// deliver passes a message to the handler and reports whether there was one.
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
