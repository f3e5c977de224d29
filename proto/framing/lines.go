package framing

import (
	"bytes"
	"io"

	"rtbench/proto"
)

// Lines is the framing of text protocols: each message is a line. It ends with a line
// feed; a carriage return before that is not of the message. Closing the sending side of
// the connection is its end. The zero value is ready to use.
type Lines struct {
	// Limit is the longest message that is taken, in bytes; 0 means proto.MaxSize.
	Limit int

	seen int // bytes of the line being received that have no line feed
}

// Append implements Framing. A line feed in p would end the message there: who writes
// messages sees to it that there is none.
func (*Lines) Append(dst, p []byte) []byte { return append(append(dst, p...), '\n') }

// AppendEnd implements Framing: there is nothing to say.
func (*Lines) AppendEnd(dst []byte) []byte { return dst }

// Next implements Framing.
func (f *Lines) Next(in []byte) (Kind, []byte, int, error) {
	from := min(f.seen, len(in)) // a long line is not searched again with each piece
	i := bytes.IndexByte(in[from:], '\n')
	if i < 0 {
		if len(in) > f.limit()+1 { // one for a carriage return
			return More, nil, 0, tooLong(f.limit())
		}
		f.seen = len(in)
		return More, nil, 0, nil
	}
	f.seen = 0
	end := from + i
	line := bytes.TrimSuffix(in[:end:end], []byte("\r"))
	if len(line) > f.limit() {
		return More, nil, 0, tooLong(f.limit())
	}
	return Message, line[:len(line):len(line)], end + 1, nil
}

func (f *Lines) limit() int {
	if f.Limit > 0 {
		return f.Limit
	}
	return proto.MaxSize
}

func (f *Lines) longest() int { return f.limit() + 2 }

// AtEOF implements Framing.
func (*Lines) AtEOF(rest int) error {
	if rest == 0 {
		return io.EOF
	}
	return io.ErrUnexpectedEOF
}
