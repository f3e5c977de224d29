package driver

import (
	"rtbench/proto"
	"rtbench/proto/eventloop"
)

// A transcoder carries messages inside those of another Conn, such as messages of the guide's API.
type transcoder struct {
	Conn
	encode func(dst, p []byte) ([]byte, error)
	decode func(b []byte) ([]byte, error)
	buf    []byte
}

// Transcode returns a Stream that encodes messages for st and decodes those from st. It has the
// capabilities of st. encode appends the message that carries p to dst; if it is nil, the stream only
// receives. decode returns the message that b carries, nil if there is none; an error ends the stream.
// Each function is called by one goroutine at a time, and its result is valid until its next call.
func Transcode(st *Stream, encode func(dst, p []byte) ([]byte, error), decode func(b []byte) ([]byte, error)) *Stream {
	out := *st
	c := &transcoder{Conn: st.Conn, encode: encode, decode: decode}
	out.Conn = c
	if st.Drive != nil {
		out.Drive = func(l *eventloop.Loop, h proto.Handler) error {
			return st.Drive(l, &decodingHandler{Handler: h, transcoder: c})
		}
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
	switch p, err := u.transcoder.decode(b); {
	case err != nil:
		u.Ended(err)
		_ = u.transcoder.Close()
	case p != nil:
		u.Handler.Message(p, at)
	}
}

func (u *decodingHandler) Ended(err error) {
	if !u.ended {
		u.ended = true
		u.Handler.Ended(err)
	}
}
