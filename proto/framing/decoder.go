package framing

import "io"

// A Replier sends the replies of a framing to the peer.
type Replier interface {
	// Reply sends a reply, such as a pong.
	Reply(p []byte) error
	// ReplyLast sends the final reply, after which nothing more may be sent.
	ReplyLast(p []byte) error
}

// A Decoder takes whole messages out of received bytes and sends the framing's replies.
// It belongs to one goroutine.
type Decoder struct {
	// Replies sends the framing's replies. If it is nil, they are dropped.
	Replies Replier

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
	if len(p) == 0 || d.Replies == nil {
		return nil
	}
	return d.Replies.Reply(p)
}

func (d *Decoder) replyLast(p []byte) error {
	if len(p) == 0 || d.Replies == nil {
		return nil
	}
	return d.Replies.ReplyLast(p)
}
