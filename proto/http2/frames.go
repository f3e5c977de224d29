package http2

import (
	"encoding/binary"

	"golang.org/x/net/http2"

	"rtbench/proto/framing"
)

// A frame is one frame of HTTP/2 (RFC 9113, section 4.1). Its payload points into
// what was read.
type frame struct {
	kind    http2.FrameType
	flags   http2.Flags
	stream  uint32
	payload []byte
}

const (
	frameHead = 9
	// maxFrame is the longest payload that either end sends unless told otherwise,
	// and this one tells nobody.
	maxFrame = 16 << 10
	// end and ack are the same bit in different frames.
	flagEnd        = http2.FlagDataEndStream
	flagAck        = http2.FlagSettingsAck
	flagEndHeaders = http2.FlagHeadersEndHeaders
	flagPadded     = http2.FlagDataPadded
	flagPriority   = http2.FlagHeadersPriority

	highestStream = 1<<31 - 1
)

// nextFrame takes the first frame out of in and says how many bytes that used: 0
// where there is no whole one yet.
func nextFrame(in []byte) (f frame, used int, err error) {
	if len(in) < frameHead {
		return f, 0, nil
	}
	n := int(in[0])<<16 | int(in[1])<<8 | int(in[2])
	if n > maxFrame {
		return f, 0, broke(http2.ErrCodeFrameSize, "a frame is longer than 16 KiB")
	}
	used = frameHead + n
	if len(in) < used {
		return f, 0, nil
	}
	return frame{
		kind:    http2.FrameType(in[3]),
		flags:   http2.Flags(in[4]),
		stream:  binary.BigEndian.Uint32(in[5:]) & highestStream,
		payload: in[frameHead:used:used],
	}, used, nil
}

// body is the payload of DATA or HEADERS without what may be around it: padding and
// a priority.
func (f frame) body() ([]byte, error) {
	p, padding := f.payload, 0
	if f.flags.Has(flagPadded) {
		if len(p) == 0 {
			return nil, broke(http2.ErrCodeProtocol, "padding without its length")
		}
		padding, p = int(p[0]), p[1:]
	}
	if f.kind == http2.FrameHeaders && f.flags.Has(flagPriority) {
		if len(p) < 5 {
			return nil, broke(http2.ErrCodeFrameSize, "HEADERS are cut short")
		}
		p = p[5:]
	}
	if padding > len(p) {
		return nil, broke(http2.ErrCodeProtocol, "more padding than frame")
	}
	n := len(p) - padding
	return p[:n:n], nil
}

// putFrameHead writes the head of a frame whose payload has n bytes.
func putFrameHead(dst []byte, n int, kind http2.FrameType, flags http2.Flags, stream uint32) {
	_ = dst[frameHead-1]
	dst[0], dst[1], dst[2] = byte(n>>16), byte(n>>8), byte(n)
	dst[3], dst[4] = byte(kind), byte(flags)
	binary.BigEndian.PutUint32(dst[5:], stream)
}

// appendFrame appends a frame.
func appendFrame(dst []byte, kind http2.FrameType, flags http2.Flags, stream uint32, payload []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, frameHead)...)
	putFrameHead(dst[start:], len(payload), kind, flags, stream)
	return append(dst, payload...)
}

// appendNumber appends a frame whose payload is a number: RST_STREAM, WINDOW_UPDATE.
func appendNumber(dst []byte, kind http2.FrameType, stream, n uint32) []byte {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return appendFrame(dst, kind, 0, stream, b[:])
}

func appendGoAway(dst []byte, code http2.ErrCode, reason string) []byte {
	p := make([]byte, 8, 8+len(reason)) // the peer has opened no stream: the last is 0
	binary.BigEndian.PutUint32(p[4:], uint32(code))
	return appendFrame(dst, http2.FrameGoAway, 0, 0, append(p, reason...))
}

// appendPreface appends what a client opens a connection with.
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

// A violation is how the peer broke the protocol, which ends the connection (section
// 5.4.1).
type violation struct {
	code   http2.ErrCode
	reason string
}

func broke(code http2.ErrCode, reason string) *violation { return &violation{code, reason} }

func (v *violation) Error() string { return "the server broke HTTP/2: " + v.reason }

func (v *violation) Unwrap() error { return framing.ErrMalformed }

// notHTTP2 is the reason where the first that came is none of it.
const notHTTP2 = "the first it sent is not HTTP/2"

// longHeader is the reason where a header is longer than any that is taken.
const longHeader = "a header is longer than 64 KiB"

// Class names the kind of the error.
func (v *violation) Class() string {
	switch v.reason {
	case notHTTP2:
		return "not HTTP/2"
	case longHeader:
		return "HTTP header too long"
	}
	return "malformed frame"
}
