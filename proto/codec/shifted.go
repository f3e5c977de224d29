package codec

import "rtbench/proto"

// Shifted is a Codec with By nanoseconds added to the times in headers. Generators whose clocks differ so
// read each other's headers.
type Shifted struct {
	Codec
	By int64
}

// Encode implements Codec.
func (s Shifted) Encode(h proto.Header) ([]byte, error) { return s.Codec.Encode(h.Shifted(s.By)) }

// Decode implements Codec.
func (s Shifted) Decode(b []byte, at int64) (proto.Header, Outcome, bool) {
	h, o, more := s.Codec.Decode(b, at)
	return h.Shifted(-s.By), o, more
}

// Next implements Codec.
func (s Shifted) Next() (proto.Header, Outcome, bool) {
	h, o, more := s.Codec.Next()
	return h.Shifted(-s.By), o, more
}
