package framing

import (
	"bytes"
	"encoding/base64"
	"io"
	"time"
)

// An EventStream decodes a text/event-stream body from any server (HTML standard, section
// 9.2.6, "Interpreting an event stream"), one event per message. The body may end by any
// means of HTTP/1.1; the zero value expects it to end with its connection.
//
// Invalid UTF-8 is passed on unchanged, not replaced by U+FFFD as in the standard, so
// that payloads are matched and counted as sent. An incomplete last event is dropped. The
// buffers hold at most about four times Limit.
type EventStream struct {
	// Chunked decodes chunks of HTTP/1.1 (RFC 9112, section 7.1).
	Chunked bool
	// Sized means that the body ends after Left more bytes (Content-Length). Next
	// decreases Left.
	Sized bool
	Left  int64
	// Limit bounds the data of an event and, roughly, a line, in bytes; 0 means
	// proto.MaxSize. Longer ones are ErrTooLong.
	Limit int
	// Base64 means that the data of events is base64, which Next decodes. Other data is
	// ErrMalformed.
	Base64 bool

	// Type is the event field of the last message; empty means "message". It is valid
	// until the next call to Next.
	Type []byte
	// LastID is the last event ID: the ID of the last complete event that had one. It is
	// valid until the next call to Next.
	LastID []byte
	// Retry is the last reconnection time received, 0 if none.
	Retry time.Duration

	chunks  ChunkDecoder
	begun   bool // past the byte order mark
	bom     int  // bytes of the byte order mark received
	afterCR bool // skip the LF of a CRLF
	inside  bool // a field of the current event was read

	line    []byte // unfinished line
	data    []byte
	hasData bool
	kind    []byte // type of the current event
	id      []byte
	hasID   bool
}

// Append implements Framing: it appends an event with the text p.
func (f *EventStream) Append(dst, p []byte) []byte { return appendEventText(dst, p) }

// AppendEnd implements Framing. It appends nothing.
func (f *EventStream) AppendEnd(dst []byte) []byte { return dst }

// Next implements Framing. When it returns More, it has used all of in, except part of a
// line between two chunks.
func (f *EventStream) Next(in []byte) (Kind, []byte, int, error) {
	if !f.Chunked && !f.Sized {
		data, used, err := f.take(in)
		if data == nil {
			return More, nil, used, err
		}
		return f.message(data, used)
	}
	used := 0
	for {
		body, n, ended, err := f.body(in[used:])
		used += n
		switch {
		case err != nil:
			return More, nil, used, err
		case ended:
			return End, nil, used, nil
		case len(body) == 0:
			return More, nil, used, nil
		}
		data, n, err := f.take(body)
		used += n
		f.spend(n)
		switch {
		case err != nil:
			return More, nil, used, err
		case data != nil:
			return f.message(data, used)
		}
	}
}

// message returns the message in the data of an event.
func (f *EventStream) message(data []byte, used int) (Kind, []byte, int, error) {
	if !f.Base64 {
		return Message, data, used, nil
	}
	n, err := base64.StdEncoding.Decode(data, data)
	if err != nil {
		return More, nil, used, ErrMalformed
	}
	return Message, data[:n:n], used, nil
}

// body returns the part of the body in in, up to the end of a chunk, and the number of
// bytes before it.
func (f *EventStream) body(in []byte) (body []byte, before int, ended bool, err error) {
	if f.Chunked {
		return f.chunks.Next(in)
	}
	return in[:min(int64(len(in)), f.Left)], 0, f.Left == 0, nil
}

// spend marks n bytes of the body as used.
func (f *EventStream) spend(n int) {
	if f.Chunked {
		f.chunks.Spend(n)
	} else {
		f.Left -= int64(n)
	}
}

// AtEOF implements Framing. A body without a length ends with its connection, even inside
// an event.
func (f *EventStream) AtEOF(int) error {
	if f.Chunked || f.Sized && f.Left > 0 {
		return io.ErrUnexpectedEOF
	}
	return io.EOF
}

// unfinished reports whether an event has been received only in part.
func (f *EventStream) unfinished() bool { return f.inside || len(f.line) > 0 }

// take interprets bytes of the body up to an event with data, which it returns as non-nil
// data, or to the end of in.
func (f *EventStream) take(in []byte) (data []byte, used int, err error) {
	if f.begun && !f.unfinished() {
		if data, used = takePlain(in); data != nil {
			if f.afterCR, f.Type = false, f.Type[:0]; len(data) > f.limit() {
				return nil, used, TooLong(f.limit())
			}
			return data, used, nil
		}
	}
	if !f.begun {
		used = f.skipMark(in)
	}
	for used < len(in) {
		line, n, whole, err := f.nextLine(in[used:])
		used += n
		switch {
		case err != nil:
			return nil, used, err
		case !whole:
		case len(line) > 0:
			err = f.field(line)
		case f.dispatch():
			return f.data, used, nil
		}
		if err != nil {
			return nil, used, err
		}
	}
	return nil, used, nil
}

// takePlain is a fast path for the usual event, a single line of data. It returns nil for
// all others.
func takePlain(in []byte) (data []byte, used int) {
	const head = len("data: ")
	i := bytes.IndexByte(in, '\n')
	if i < head || i+1 == len(in) || in[i+1] != '\n' || string(in[:head]) != "data: " || bytes.IndexByte(in[:i], '\r') >= 0 {
		return nil, 0
	}
	return in[head:i:i], i + 2
}

// limit returns the most bytes in the data of an event.
func (f *EventStream) limit() int {
	if f.Base64 {
		return base64.StdEncoding.EncodedLen(orMaxSize(f.Limit))
	}
	return orMaxSize(f.Limit)
}
