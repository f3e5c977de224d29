package framing

import (
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// Ways in which a peer breaks RFC 6455.
var (
	errReservedBits    = &FrameError{1002, "reserved bits set"}
	errReservedOpcode  = &FrameError{1002, "reserved opcode"}
	errMasked          = &FrameError{1002, "masked frame from a server"}
	errUnmasked        = &FrameError{1002, "frame from a client without a mask"}
	errControlFragment = &FrameError{1002, "control frame in fragments"}
	errControlLong     = &FrameError{1002, "control frame longer than 125 bytes"}
	errInsideMessage   = &FrameError{1002, "new message before the end of one in fragments"}
	errNoMessage       = &FrameError{1002, "continuation of no message"}
	errClosePayload    = &FrameError{1002, "close frame of one byte"}
	errCloseCode       = &FrameError{1002, "close code that may not be sent"}
	errBinary          = &FrameError{1003, "binary message where text is expected"}
	errNotUTF8         = &FrameError{1007, "text is not UTF-8"}
	errCorrupt         = &FrameError{1007, "compressed data is broken"}
)

// giveUp tells the peer by a close frame what err is.
func (f *WebSocket) giveUp(used int, err error) (Kind, []byte, int, error) {
	code := int(ws.StatusMessageTooBig)
	var broken *FrameError
	if errors.As(err, &broken) {
		code = broken.Code
	}
	f.reply = f.AppendClose(f.reply[:0], code)
	return More, f.reply, used, err
}

// AppendClose appends a close frame with that code, which is the caller's to choose; 1005:
// with none. It may be called while Next runs.
func (f *WebSocket) AppendClose(dst []byte, code int) []byte {
	var p [2]byte
	if code == int(ws.StatusNoStatusRcvd) {
		return f.appendFrame(dst, fin|byte(ws.OpClose), nil)
	}
	binary.BigEndian.PutUint16(p[:], uint16(code))
	return f.appendFrame(dst, fin|byte(ws.OpClose), p[:])
}

// closed is the end that a close frame with payload p makes.
func (f *WebSocket) closed(p []byte, used int) (Kind, []byte, int, error) {
	end := &CloseError{Code: int(ws.StatusNoStatusRcvd)}
	if len(p) == 1 {
		return f.giveUp(used, errClosePayload)
	}
	if len(p) >= 2 {
		end.Code = int(binary.BigEndian.Uint16(p))
		if !mayBeSent(end.Code) {
			return f.giveUp(used, errCloseCode)
		}
		if !utf8.Valid(p[2:]) {
			return f.giveUp(used, errNotUTF8)
		}
		end.Reason = printable(string(p[2:]))
	}
	if !f.Client && end.inOrder() {
		return End, nil, used, end
	}
	f.reply = f.AppendClose(f.reply[:0], end.Code)
	return End, f.reply, used, end
}

// mayBeSent says whether a close frame may have that code (RFC 6455, section 7.4, and
// IANA's registry as of 1014): others stand for ends without a frame, or for nothing yet.
func mayBeSent(code int) bool {
	switch {
	case code < 1000, code >= 1004 && code <= 1006, code >= 1015 && code < 3000, code >= 5000:
		return false
	}
	return true
}

// printable is what a peer said, on one line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

// A CloseError is how the peer ended a WebSocket: with a close frame. It is io.EOF
// (errors.Is) where that was in order: 1000, 1001, or no code.
type CloseError struct {
	// Code is that of the frame, 1005 where it had none.
	Code int
	// Reason is at most 123 bytes, what is not printable replaced.
	Reason string
}

func (e *CloseError) Error() string {
	if e.Reason == "" {
		return e.Class()
	}
	return e.Class() + ": " + e.Reason
}

// Is implements what errors.Is asks for.
func (e *CloseError) Is(target error) bool { return target == io.EOF && e.inOrder() }

func (e *CloseError) inOrder() bool {
	switch ws.StatusCode(e.Code) {
	case ws.StatusNormalClosure, ws.StatusGoingAway, ws.StatusNoStatusRcvd:
		return true
	}
	return false
}

// Class names the kind of the error, so that errors can be counted.
func (e *CloseError) Class() string { return "closed by the server: " + e.Status() }

// Status is the code with its name, such as 1011 internal error.
func (e *CloseError) Status() string {
	for _, c := range closeNames {
		if c.code == e.Code {
			return strconv.Itoa(e.Code) + " " + c.name
		}
	}
	return strconv.Itoa(e.Code)
}

// closeNames are those of RFC 6455, section 7.4.1, and of IANA's registry.
var closeNames = []struct {
	code int
	name string
}{
	{1000, "normal closure"},
	{1001, "going away"},
	{1002, "protocol error"},
	{1003, "unsupported data"},
	{1005, "no status received"},
	{1007, "invalid frame payload data"},
	{1008, "policy violation"},
	{1009, "message too big"},
	{1010, "mandatory extension"},
	{1011, "internal error"},
	{1012, "service restart"},
	{1013, "try again later"},
	{1014, "bad gateway"},
}
