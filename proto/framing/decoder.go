package framing

import "io"

// A Decoder takes whole messages out of received bytes and sends the framing's replies.
// It belongs to one goroutine.
type Decoder struct {
	// Reply sends a reply of the framing, such as a pong. If it is nil, replies are
	// dropped.
	Reply func([]byte) error
	// Last sends the final reply, after which nothing more may be sent. If it is nil,
	// Reply sends it.
	Last func([]byte) error

	framing Framing
	max     int // limit of an incomplete event in bytes
}

// NewDecoder returns a decoder of messages in f. If f is nil, there are no messages and
// Next must not be called.
func NewDecoder(f Framing) Decoder {
	limit := 2 * maxEncoded
	if b, ok := f.(bounded); ok {
		limit = max(limit, b.maxEventSize()+1)
	}
	return Decoder{framing: f, max: limit}
}

// Framing returns the framing that d decodes.
func (d *Decoder) Framing() Framing { return d.framing }

// Next returns the first message in in and the number of bytes used. The message is nil
// if in holds no whole one; call Next again with more bytes after the unused ones. The
// error is io.EOF if the peer has ended its direction.
func (d *Decoder) Next(in []byte) (p []byte, used int, err error) {
	for {
		kind, p, n, err := d.framing.Next(in[used:])
		used += n
		if err != nil {
			_ = d.replyLast(p) // the connection is lost anyway
			return nil, used, err
		}
		switch kind {
		case Message:
			if p == nil {
				p = empty
			}
			return p, used, nil
		case End:
			_ = d.replyLast(p) // the peer may have gone
			return nil, used, io.EOF
		case Reply:
			if err := d.reply(p); err != nil {
				return nil, used, err
			}
		case More:
			if n > 0 && used < len(in) {
				continue
			}
			if len(in)-used >= d.max {
				return nil, used, ErrTooLong
			}
			return nil, used, nil
		}
	}
}

// empty is a message of zero bytes; nil means no message.
var empty = []byte{}

func (d *Decoder) reply(p []byte) error {
	if len(p) == 0 || d.Reply == nil {
		return nil
	}
	return d.Reply(p)
}

func (d *Decoder) replyLast(p []byte) error {
	if len(p) == 0 || d.Last == nil {
		return d.reply(p)
	}
	return d.Last(p)
}
