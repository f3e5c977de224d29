package codec

import (
	"math"

	"rtbench/proto"
)

// Stamped is the codec of messages in rtbench's format (proto.Message). A stream has its own, but may
// share the Message with others that the same goroutine sends.
type Stamped struct {
	*proto.Message
	parser proto.Parser
}

// Encode implements Codec. It never fails.
func (s *Stamped) Encode(h proto.Header) ([]byte, error) { return s.Stamp(h), nil }

// Decode implements Codec. A frame is one message.
func (s *Stamped) Decode(b []byte, _ int64) (proto.Header, Outcome, bool) {
	h, err := s.parser.Parse(b, s.Text())
	if err != nil {
		return Damaged(b, s.Text()), Corrupt, false
	}
	return h, Intact, false
}

// Next implements Codec.
func (s *Stamped) Next() (proto.Header, Outcome, bool) { return proto.Header{}, None, false }

// Damaged returns what can be read of the header of a message with a wrong checksum. If the message
// is too short, Intended is 0 and Seq is the highest number.
func Damaged(b []byte, text bool) proto.Header {
	h, fields := proto.PeekHeader(b, text)
	if fields < 1 {
		h.Seq = math.MaxUint64
	}
	if fields < 2 {
		h.Intended = 0
	}
	return h
}
