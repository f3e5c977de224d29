package framing

import "bytes"

// Lines is the framing of text protocols: each message is a line that ends with LF or
// CRLF. The end of the connection's direction is the messages' end. The zero value is
// ready to use.
type Lines struct {
	endless
	// Limit is the longest accepted message in bytes; 0 means proto.MaxSize.
	Limit int

	seen int // bytes of the current line already searched for a line feed
}

// Append implements Framing. The caller must not pass a line feed in p.
func (*Lines) Append(dst, p []byte) []byte { return append(append(dst, p...), '\n') }

// Next implements Framing.
func (f *Lines) Next(in []byte) (Kind, []byte, int, error) {
	from := min(f.seen, len(in)) // do not search a long line again for each piece
	i := bytes.IndexByte(in[from:], '\n')
	if i < 0 {
		if len(in) > f.limit()+1 { // one for a carriage return
			return More, nil, 0, TooLong(f.limit())
		}
		f.seen = len(in)
		return More, nil, 0, nil
	}
	f.seen = 0
	end := from + i
	line := bytes.TrimSuffix(in[:end:end], []byte("\r"))
	if len(line) > f.limit() {
		return More, nil, 0, TooLong(f.limit())
	}
	return Message, line[:len(line):len(line)], end + 1, nil
}

func (f *Lines) limit() int { return orMaxSize(f.Limit) }

func (f *Lines) maxEventSize() int { return f.limit() + 2 }
