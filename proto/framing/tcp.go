package framing

import "encoding/binary"

// TCP is the framing of the floor: the length (4 bytes, big-endian) precedes each
// message. The end of the connection's direction is the messages' end. The zero value is
// ready to use.
type TCP struct {
	endless
	// Limit is the longest accepted message in bytes; 0 means proto.MaxSize.
	Limit int
}

// Append implements Framing.
func (TCP) Append(dst, p []byte) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(p))), p...)
}

// Next implements Framing.
func (f TCP) Next(in []byte) (Kind, []byte, int, error) {
	if len(in) < 4 {
		return More, nil, 0, nil
	}
	n := binary.BigEndian.Uint32(in)
	if limit := f.limit(); int64(n) > int64(limit) {
		return More, nil, 0, TooLong(limit)
	}
	if uint32(len(in)-4) < n {
		return More, nil, 0, nil
	}
	return Message, in[4 : 4+n : 4+n], int(4 + n), nil
}

func (f TCP) limit() int { return orMaxSize(f.Limit) }

func (f TCP) maxEventSize() int { return 4 + f.limit() }
