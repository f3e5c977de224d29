package framing

import (
	"encoding/binary"
)

// GRPCMessages is the framing of gRPC messages in an HTTP/2 stream: a compression flag (1
// byte) and the length (4 bytes) precede each encoded message. The stream's end is the
// messages' end. The zero value is ready to use.
type GRPCMessages struct{ endless }

const grpcPrefix = 5

// Append implements Framing.
func (GRPCMessages) Append(dst, p []byte) []byte {
	return append(binary.BigEndian.AppendUint32(append(dst, 0), uint32(len(p))), p...)
}

// Next implements Framing. Compressed messages are malformed: none are negotiated.
func (GRPCMessages) Next(in []byte) (Kind, []byte, int, error) {
	if len(in) > 0 && in[0] != 0 {
		return More, nil, 0, ErrMalformed
	}
	_, p, used, err := nextGRPC(in, maxEncoded)
	switch {
	case err != nil:
		return More, nil, 0, ErrTooLong
	case used == 0:
		return More, nil, 0, nil
	}
	return Message, p, used, nil
}

// nextGRPC returns the first message in in, of at most limit bytes, with its compression
// flag. used is 0 if in holds no whole one.
func nextGRPC(in []byte, limit int) (flag byte, p []byte, used int, err error) {
	if len(in) < grpcPrefix {
		return 0, nil, 0, nil
	}
	n := binary.BigEndian.Uint32(in[1:])
	if uint64(n) > uint64(limit) {
		return 0, nil, 0, TooLong(limit)
	}
	used = grpcPrefix + int(n)
	if len(in) < used {
		return 0, nil, 0, nil
	}
	return in[0], in[grpcPrefix:used:used], used, nil
}

// GRPC is GRPCMessages whose messages are each a Message of bench.proto. The zero value is
// ready to use.
type GRPC struct{ GRPCMessages }

// Append implements Framing.
func (GRPC) Append(dst, p []byte) []byte {
	start := len(dst)
	dst = AppendBenchMessage(append(dst, 0, 0, 0, 0, 0), p)
	binary.BigEndian.PutUint32(dst[start+1:], uint32(len(dst)-start-grpcPrefix))
	return dst
}

// Next implements Framing.
func (g GRPC) Next(in []byte) (Kind, []byte, int, error) {
	kind, p, used, err := g.GRPCMessages.Next(in)
	if kind != Message {
		return kind, nil, used, err
	}
	if p, err = ParseBenchMessage(p); err != nil {
		return More, nil, 0, err
	}
	return Message, p, used, nil
}
