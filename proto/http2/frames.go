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

// maybeSettings reports whether in may be the start of a SETTINGS frame.
func maybeSettings(in []byte) bool { return len(in) < 4 || in[3] == byte(http2.FrameSettings) }

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
		if err := f.checkDependency(p); err != nil {
			return nil, err
		}
		p = p[5:]
	}
	if padding > len(p) {
		return nil, newViolation(http2.ErrCodeProtocol, "padding exceeds the frame")
	}
	n := len(p) - padding
	return p[:n:n], nil
}

// checkPriority checks PRIORITY, which is otherwise ignored.
func (f frame) checkPriority() error {
	switch {
	case f.stream == 0:
		return newViolation(http2.ErrCodeProtocol, "PRIORITY on stream 0")
	case len(f.payload) != 5:
		return newViolation(http2.ErrCodeFrameSize, "PRIORITY payload is not 5 bytes")
	}
	return f.checkDependency(f.payload)
}

// checkDependency checks the priority fields that p begins with.
func (f frame) checkDependency(p []byte) error {
	if binary.BigEndian.Uint32(p)&highestStream == f.stream {
		return newViolation(http2.ErrCodeProtocol, "stream depends on itself")
	}
	return nil
}

// number returns the first 4 bytes of the payload as a number.
func (f frame) number() uint32 { return binary.BigEndian.Uint32(f.payload) }

// code returns the error code of GOAWAY.
func (f frame) code() http2.ErrCode { return http2.ErrCode(binary.BigEndian.Uint32(f.payload[4:])) }

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

func appendGoAway(dst []byte, last uint32, code http2.ErrCode, reason string) []byte {
	p := make([]byte, 8, 8+len(reason))
	binary.BigEndian.PutUint32(p, last)
	binary.BigEndian.PutUint32(p[4:], uint32(code))
	return appendFrame(dst, http2.FrameGoAway, 0, 0, append(p, reason...))
}

// appendPreface appends the client's connection preface and settings.
func appendPreface(dst []byte) []byte {
	dst = appendSettings(append(dst, http2.ClientPreface...), []http2.Setting{
		{ID: http2.SettingEnablePush, Val: 0},
		{ID: http2.SettingMaxHeaderListSize, Val: maxHeader},
	})
	return appendNumber(dst, http2.FrameWindowUpdate, 0, connWindow-firstWindow)
}

func appendSettings(dst []byte, settings []http2.Setting) []byte {
	var p []byte
	for _, s := range settings {
		p = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(p, uint16(s.ID)), s.Val)
	}
	return appendFrame(dst, http2.FrameSettings, 0, 0, p)
}

// A violation is a protocol error by the peer that ends the connection (section 5.4.1).
type violation struct {
	code   http2.ErrCode
	reason string
}

func newViolation(code http2.ErrCode, reason string) *violation { return &violation{code, reason} }

// Error implements error. Only clients report violations to users.
func (v *violation) Error() string { return "HTTP/2 protocol error by the server: " + v.reason }

func (v *violation) Unwrap() error { return framing.ErrMalformed }

// notHTTP2 is the reason if the first frame is not SETTINGS.
const notHTTP2 = "it does not speak HTTP/2"

// longHeader is the reason if a header exceeds the limit of a client.
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
