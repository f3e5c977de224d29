package framing

import (
	"encoding/binary"
	"errors"
)

// A GRPCCall is the framing of the messages of gRPC calls at the client's end, one call
// after another. Next and the methods about received messages belong to one goroutine.
type GRPCCall struct {
	endless
	Wrapped  bool // each message is a Message of bench.proto
	Compress bool // sent messages, with gzip
	Limit    int  // of a received message, compressed or not, in bytes

	encoding string // of compressed messages received
	received bool
	plain    []byte // the decompressed message
}

// GZIP is the name of the only supported compression.
const GZIP = "gzip"

// ErrCompression reports a compressed message whose encoding was not announced or is not
// supported.
var ErrCompression = errors.New("compressed message without grpc-encoding gzip")

// Start prepares g for the messages of another call.
func (g *GRPCCall) Start() { g.encoding, g.received = "", false }

// SetEncoding sets the grpc-encoding of the response. It must be called before its messages
// are decoded.
func (g *GRPCCall) SetEncoding(name string) { g.encoding = name }

// Received reports whether a message of the call was decoded.
func (g *GRPCCall) Received() bool { return g.received }

// Append implements Framing.
func (g *GRPCCall) Append(dst, p []byte) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0)
	switch {
	case g.Compress:
		dst[start] = 1
		dst = appendGZIP(dst, p, g.Wrapped)
	case g.Wrapped:
		dst = AppendBenchMessage(dst, p)
	default:
		dst = append(dst, p...)
	}
	binary.BigEndian.PutUint32(dst[start+1:], uint32(len(dst)-start-grpcPrefix))
	return dst
}

// Next implements Framing.
func (g *GRPCCall) Next(in []byte) (Kind, []byte, int, error) {
	flag, p, used, err := nextGRPC(in, g.Limit)
	if err != nil || used == 0 {
		return More, nil, 0, err
	}
	switch flag {
	case 0:
	case 1:
		if g.encoding != GZIP {
			return More, nil, 0, ErrCompression
		}
		if g.plain, err = appendPlain(g.plain[:0], p, g.Limit); err != nil {
			return More, nil, 0, err
		}
		p = g.plain
	default:
		return More, nil, 0, &FrameError{Reason: "unknown flag of a gRPC message"}
	}
	if g.Wrapped {
		if p, err = ParseBenchMessage(p); err != nil {
			return More, nil, 0, err
		}
	}
	g.received = true
	return Message, p, used, nil
}

// AtEOF implements Framing.
func (g *GRPCCall) AtEOF(rest int) error {
	if rest > 0 {
		return &FrameError{Reason: "the call ended inside a message"}
	}
	return g.endless.AtEOF(rest)
}

func (g *GRPCCall) maxEventSize() int { return grpcPrefix + g.Limit }
