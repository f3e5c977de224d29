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

// Violations of RFC 6455.
var (
	errReservedBits    = &FrameError{1002, "reserved bits set"}
	errReservedOpcode  = &FrameError{1002, "reserved opcode"}
	errMasked          = &FrameError{1002, "masked frame from a server"}
	errUnmasked        = &FrameError{1002, "unmasked frame from a client"}
	errControlFragment = &FrameError{1002, "fragmented control frame"}
	errControlLong     = &FrameError{1002, "control frame longer than 125 bytes"}
	errInsideMessage   = &FrameError{1002, "new message inside a fragmented message"}
	errNoMessage       = &FrameError{1002, "continuation frame without a message"}
	errClosePayload    = &FrameError{1002, "close frame with a 1-byte payload"}
	errCloseCode       = &FrameError{1002, "invalid close code"}
	errBinary          = &FrameError{1003, "binary message; expected text"}
	errNotUTF8         = &FrameError{1007, "text is not valid UTF-8"}
	errCorrupt         = &FrameError{1007, "compressed data is corrupt"}
)

// giveUp returns err with the close frame that reports it to the peer.
func (f *WebSocket) giveUp(used int, err error) (Kind, []byte, int, error) {
	code := int(ws.StatusMessageTooBig)
	var broken *FrameError
	if errors.As(err, &broken) {
		code = broken.Code
	}
	r := f.rarely()
	r.reply = f.AppendClose(r.reply[:0], code)
	return More, r.reply, used, err
}

// AppendClose appends a close frame with code; code 1005 appends one without a code. It
// may be called while Next runs.
func (f *WebSocket) AppendClose(dst []byte, code int) []byte {
	var p [2]byte
	if code == int(ws.StatusNoStatusRcvd) {
		return f.appendFrame(dst, fin|byte(ws.OpClose), nil)
	}
	binary.BigEndian.PutUint16(p[:], uint16(code))
	return f.appendFrame(dst, fin|byte(ws.OpClose), p[:])
}

// closed handles a close frame with payload p.
func (f *WebSocket) closed(p []byte, used int) (Kind, []byte, int, error) {
	end := NewCloseError(int(ws.StatusNoStatusRcvd), "")
	if len(p) == 1 {
		return f.giveUp(used, errClosePayload)
	}
	if len(p) >= 2 {
		end = NewCloseError(int(binary.BigEndian.Uint16(p)), string(p[2:]))
		if !mayBeSent(end.Code) {
			return f.giveUp(used, errCloseCode)
		}
		if !utf8.Valid(p[2:]) {
			return f.giveUp(used, errNotUTF8)
		}
	}
	if !f.Client && end.inOrder() {
		return End, nil, used, end
	}
	r := f.rarely()
	r.reply = f.AppendClose(r.reply[:0], end.Code)
	return End, r.reply, used, end
}

// mayBeSent reports whether a close frame may carry code (RFC 6455, section 7.4, and
// IANA's registry as of 1014). The others describe ends without a close frame or are
// unassigned.
func mayBeSent(code int) bool {
	switch {
	case code < 1000, code >= 1004 && code <= 1006, code >= 1015 && code < 3000, code >= 5000:
		return false
	}
	return true
}

// printable replaces control characters, so that s fits on one line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

// A CloseError reports a close frame of the peer. It matches io.EOF (errors.Is) after a
// normal close: 1000, 1001, or no code.
type CloseError struct {
	// Code is the frame's code, or 1005 if it had none.
	Code int
	// Reason has at most 123 bytes; unprintable characters are replaced.
	Reason string
}

// NewCloseError returns the error for a close frame. reason may have any bytes.
func NewCloseError(code int, reason string) *CloseError {
	return &CloseError{Code: code, Reason: printable(reason)}
}

func (e *CloseError) Error() string {
	if e.Reason == "" {
		return e.Class()
	}
	return e.Class() + ": " + e.Reason
}

// Is reports whether target is io.EOF and the close was normal.
func (e *CloseError) Is(target error) bool { return target == io.EOF && e.inOrder() }

func (e *CloseError) inOrder() bool {
	switch ws.StatusCode(e.Code) {
	case ws.StatusNormalClosure, ws.StatusGoingAway, ws.StatusNoStatusRcvd:
		return true
	}
	return false
}

// Class returns the error without its reason, for counting.
func (e *CloseError) Class() string { return "closed by the server: " + e.Status() }

// Status returns the code with its name, such as "1011 internal error".
func (e *CloseError) Status() string {
	for _, c := range closeNames {
		if c.code == e.Code {
			return strconv.Itoa(e.Code) + " " + c.name
		}
	}
	return strconv.Itoa(e.Code)
}

// closeNames holds the names of RFC 6455 (section 7.4.1) and IANA's registry.
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
