package http2

import (
	"encoding/binary"

	"golang.org/x/net/http2"

	"rtbench/proto/framing"
)

// A frame is an HTTP/2 frame (RFC 9113, section 4.1). Its payload points into the read
// buffer.
type frame struct {
	kind    http2.FrameType
	flags   http2.Flags
	stream  uint32
	payload []byte
}

const (
	frameHeaderLen = 9
	// maxFrame is the default limit of a frame's payload, which Conn does not change for
	// the peer.
	maxFrame = 16 << 10
	// The same bit means END_STREAM or ACK, depending on the frame.
	flagEnd        = http2.FlagDataEndStream
	flagAck        = http2.FlagSettingsAck
	flagEndHeaders = http2.FlagHeadersEndHeaders
	flagPadded     = http2.FlagDataPadded
	flagPriority   = http2.FlagHeadersPriority

	highestStream = 1<<31 - 1
)

// nextFrame returns the first frame in in and the number of bytes used: 0 if it is
// incomplete.
func nextFrame(in []byte) (f frame, used int, err error) {
	if len(in) < frameHeaderLen {
		return f, 0, nil
	}
	n := int(in[0])<<16 | int(in[1])<<8 | int(in[2])
	if n > maxFrame {
		return f, 0, newViolation(http2.ErrCodeFrameSize, "frame is longer than 16 KiB")
	}
	used = frameHeaderLen + n
	if len(in) < used {
		return f, 0, nil
	}
	return frame{
		kind:    http2.FrameType(in[3]),
		flags:   http2.Flags(in[4]),
		stream:  binary.BigEndian.Uint32(in[5:]) & highestStream,
		payload: in[frameHeaderLen:used:used],
	}, used, nil
}

// body returns the payload of DATA or HEADERS without padding and priority.
func (f frame) body() ([]byte, error) {
	p, padding := f.payload, 0
	if f.flags.Has(flagPadded) {
		if len(p) == 0 {
			return nil, newViolation(http2.ErrCodeProtocol, "padded frame without a pad length")
		}
		padding, p = int(p[0]), p[1:]
	}
	if f.kind == http2.FrameHeaders && f.flags.Has(flagPriority) {
		if len(p) < 5 {
			return nil, newViolation(http2.ErrCodeFrameSize, "truncated HEADERS")
		}
		p = p[5:]
	}
	if padding > len(p) {
		return nil, newViolation(http2.ErrCodeProtocol, "padding exceeds the frame")
	}
	n := len(p) - padding
	return p[:n:n], nil
}

// putFrameHeader writes the header of a frame with a payload of n bytes.
func putFrameHeader(dst []byte, n int, kind http2.FrameType, flags http2.Flags, stream uint32) {
	_ = dst[frameHeaderLen-1]
	dst[0], dst[1], dst[2] = byte(n>>16), byte(n>>8), byte(n)
	dst[3], dst[4] = byte(kind), byte(flags)
	binary.BigEndian.PutUint32(dst[5:], stream)
}

// appendFrame appends a frame.
func appendFrame(dst []byte, kind http2.FrameType, flags http2.Flags, stream uint32, payload []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, frameHeaderLen)...)
	putFrameHeader(dst[start:], len(payload), kind, flags, stream)
	return append(dst, payload...)
}

// appendNumber appends a frame with a 4-byte payload: RST_STREAM or WINDOW_UPDATE.
func appendNumber(dst []byte, kind http2.FrameType, stream, n uint32) []byte {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return appendFrame(dst, kind, 0, stream, b[:])
}

func appendGoAway(dst []byte, code http2.ErrCode, reason string) []byte {
	p := make([]byte, 8, 8+len(reason)) // the peer cannot open streams: the last ID is 0
	binary.BigEndian.PutUint32(p[4:], uint32(code))
	return appendFrame(dst, http2.FrameGoAway, 0, 0, append(p, reason...))
}

// appendPreface appends the client's connection preface and settings.
func appendPreface(dst []byte) []byte {
	dst = append(dst, http2.ClientPreface...)
	var p []byte
	for _, s := range []http2.Setting{
		{ID: http2.SettingEnablePush, Val: 0},
		{ID: http2.SettingMaxHeaderListSize, Val: maxHeader},
	} {
		p = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(p, uint16(s.ID)), s.Val)
	}
	dst = appendFrame(dst, http2.FrameSettings, 0, 0, p)
	return appendNumber(dst, http2.FrameWindowUpdate, 0, connWindow-firstWindow)
}

// A violation is a protocol error by the peer that ends the connection (section 5.4.1).
type violation struct {
	code   http2.ErrCode
	reason string
}

func newViolation(code http2.ErrCode, reason string) *violation { return &violation{code, reason} }

func (v *violation) Error() string { return "HTTP/2 protocol error by the server: " + v.reason }

func (v *violation) Unwrap() error { return framing.ErrMalformed }

// notHTTP2 is the reason if the first frame is not SETTINGS.
const notHTTP2 = "it does not speak HTTP/2"

// longHeader is the reason if a header exceeds maxHeader.
const longHeader = "header list is longer than 64 KiB"

// Class returns the kind of the error, for counting.
func (v *violation) Class() string {
	switch v.reason {
	case notHTTP2:
		return "not HTTP/2"
	case longHeader:
		return "HTTP header too long"
	}
	return "malformed frame"
}
