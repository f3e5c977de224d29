package framing

import (
	"bytes"
	"io"
	"time"

	"rtbench/proto"
)

// An EventStream is the framing of a text/event-stream body as any server may write it:
// the HTML standard's "Interpreting an event stream" (section 9.2.6), one event a message,
// behind none or one of the ways in which HTTP/1.1 tells where a body ends. The zero value
// takes a body that ends with its connection.
//
// Bytes that are not UTF-8 are passed on as they came, where the standard has U+FFFD: what
// a server sent is what is matched and counted. What the last event lacks of its end is
// dropped with it. It keeps no more than about four times Limit.
type EventStream struct {
	// Chunked takes chunks of HTTP/1.1 off the body (RFC 9112, section 7.1).
	Chunked bool
	// Sized says that the body ends after Left more bytes (Content-Length); Next counts
	// them down.
	Sized bool
	Left  int64
	// Limit is the longest data of an event, and about the longest line, in bytes; 0 means
	// proto.MaxSize. What is longer is ErrTooLong.
	Limit int

	// Type is the event field of the message that Next returned last; empty: "message".
	// It is valid until the next Next.
	Type []byte
	// LastID is the last event ID as the standard has it: that of the last whole event
	// which had one. It is valid until the next Next.
	LastID []byte
	// Retry is the last reconnection time that came; 0 where none did.
	Retry time.Duration

	chunks  chunkReader
	begun   bool // a byte order mark is not to be looked for any more
	bom     int  // bytes of it that came
	afterCR bool // the LF of a CRLF may follow
	inside  bool // a field of an event has come

	line    []byte // what came of an unfinished line
	data    []byte
	hasData bool
	kind    []byte // the type of the event to come
	id      []byte
	hasID   bool
}

// Append implements Framing: an event of the text p, as SSE has it.
func (f *EventStream) Append(dst, p []byte) []byte { return appendEventText(dst, p) }

// AppendEnd implements Framing: nothing.
func (f *EventStream) AppendEnd(dst []byte) []byte { return dst }

// Next implements Framing. Unlike others it uses all of in where it returns More, but for
// part of a line between two chunks.
func (f *EventStream) Next(in []byte) (Kind, []byte, int, error) {
	if !f.Chunked && !f.Sized {
		data, used, err := f.take(in)
		if data == nil {
			return More, nil, used, err
		}
		return Message, data, used, nil
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
			return Message, data, used, nil
		}
	}
}

// body returns what in has of the body, up to the end of a chunk, and how many bytes come
// before that, where the body says where it ends.
func (f *EventStream) body(in []byte) (body []byte, before int, ended bool, err error) {
	if f.Chunked {
		return f.chunks.next(in)
	}
	return in[:min(int64(len(in)), f.Left)], 0, f.Left == 0, nil
}

// spend notes that n bytes of the body were used.
func (f *EventStream) spend(n int) {
	if f.Chunked {
		f.chunks.spend(n)
	} else {
		f.Left -= int64(n)
	}
}

// AtEOF implements Framing. Only a body that does not say where it ends may end with its
// connection, inside an event too.
func (f *EventStream) AtEOF(int) error {
	if f.Chunked || f.Sized && f.Left > 0 {
		return io.ErrUnexpectedEOF
	}
	return io.EOF
}

// unfinished says whether what came last is only part of an event.
func (f *EventStream) unfinished() bool { return f.inside || len(f.line) > 0 }

// take interprets bytes of the body until an event has data, which is not nil then, or
// all are used.
func (f *EventStream) take(in []byte) (data []byte, used int, err error) {
	if f.begun && !f.unfinished() {
		if data, used = takePlain(in); data != nil {
			if f.afterCR, f.Type = false, f.Type[:0]; len(data) > f.limit() {
				return nil, used, tooLong(f.limit())
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

// takePlain takes an event of one line of data, as nearly all are, without looking at
// it twice; nil for anything else.
func takePlain(in []byte) (data []byte, used int) {
	const head = len("data: ")
	i := bytes.IndexByte(in, '\n')
	if i < head || i+1 == len(in) || in[i+1] != '\n' || string(in[:head]) != "data: " || bytes.IndexByte(in[:i], '\r') >= 0 {
		return nil, 0
	}
	return in[head:i:i], i + 2
}

func (f *EventStream) limit() int {
	if f.Limit > 0 {
		return f.Limit
	}
	return proto.MaxSize
}
