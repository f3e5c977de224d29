package framing

import (
	"bytes"
	"encoding/base64"
	"io"
)

// SSE is the sending end of a text/event-stream body (HTML standard, section 9.2.6), one
// event per message; EventStream receives it. Binary messages travel as base64. A text
// message must be valid UTF-8 without carriage returns, which the format cannot represent.
type SSE struct {
	// Text sends messages unencoded; the zero value encodes them in base64.
	Text bool
	// Chunked puts each event into a chunk of HTTP/1.1 (RFC 9112, section 7.1); the zero
	// value leaves that to the layer below.
	Chunked bool
}

// Append implements Framing.
func (f *SSE) Append(dst, p []byte) []byte {
	if !f.Chunked {
		return f.appendEvent(dst, p)
	}
	// Reserve the chunk size, which is known only after the event is written.
	start := len(dst)
	dst = append(dst, "00000000\r\n"...)
	body := len(dst)
	dst = f.appendEvent(dst, p)
	n := len(dst) - body
	for i := 7; i >= 0; i-- {
		dst[start+i] = "0123456789abcdef"[n&15]
		n >>= 4
	}
	return append(dst, "\r\n"...)
}

func (f *SSE) appendEvent(dst, p []byte) []byte {
	if f.Text {
		return appendEventText(dst, p)
	}
	dst = append(dst, "data: "...)
	dst = base64.StdEncoding.AppendEncode(dst, p)
	return append(dst, "\n\n"...)
}

// appendEventText appends an event with the lines of p as its data.
func appendEventText(dst, p []byte) []byte {
	dst = append(dst, "data: "...)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			return append(append(dst, p...), "\n\n"...)
		}
		dst = append(append(dst, p[:i+1]...), "data: "...)
		p = p[i+1:]
	}
}

// AppendEnd implements Framing. If Chunked, it appends the last chunk.
func (f *SSE) AppendEnd(dst []byte) []byte {
	if f.Chunked {
		return append(dst, "0\r\n\r\n"...)
	}
	return dst
}

// Next implements Framing. It ignores everything received until the peer closes.
func (f *SSE) Next(in []byte) (Kind, []byte, int, error) { return More, nil, len(in), nil }

// AtEOF implements Framing.
func (f *SSE) AtEOF(int) error { return io.EOF }
