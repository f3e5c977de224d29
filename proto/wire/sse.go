package wire

import (
	"bytes"
	"encoding/base64"
	"io"
)

// SSE is the framing of a text/event-stream body as WHATWG's HTML standard
// defines it (section 9.2.6), one event a message. Binary messages travel as
// base64. A text message must be valid UTF-8 without carriage returns, which the
// format cannot carry.
type SSE struct {
	// Text takes messages as they are; the zero value encodes them.
	Text bool
	// Chunked wraps each event in a chunk of HTTP/1.1 (RFC 9112, section 7.1);
	// the zero value leaves that to the layer below.
	Chunked bool
	// Listening says that nothing is to be read: what comes is read over, until the
	// peer leaves.
	Listening bool

	chunks chunkReader
}

// Append implements Framing.
func (f *SSE) Append(dst, p []byte) []byte {
	if !f.Chunked {
		return f.appendEvent(dst, p)
	}
	// Room for the chunk's size, which is known only after the event is written.
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
	dst = append(dst, "data: "...)
	if !f.Text {
		dst = base64.StdEncoding.AppendEncode(dst, p)
		return append(dst, "\n\n"...)
	}
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			return append(append(dst, p...), "\n\n"...)
		}
		dst = append(append(dst, p[:i+1]...), "data: "...)
		p = p[i+1:]
	}
}

// AppendEnd implements Framing: the last chunk, or nothing.
func (f *SSE) AppendEnd(dst []byte) []byte {
	if f.Chunked {
		return append(dst, "0\r\n\r\n"...)
	}
	return dst
}

// Next implements Framing.
func (f *SSE) Next(in []byte) (Kind, []byte, int, error) {
	if f.Listening {
		return More, nil, len(in), nil
	}
	if !f.Chunked {
		data, used, found := takeEvent(in)
		return f.message(data, used, found)
	}
	used := 0
	for {
		if data := f.takePending(); data != nil {
			return f.message(data, used, true)
		}
		n, ended, err := f.chunks.feed(in[used:])
		used += n
		switch {
		case err != nil:
			return More, nil, used, err
		case ended:
			return End, nil, used, nil
		case n == 0:
			return More, nil, used, nil
		}
	}
}

// takePending returns the next event with data among what is dechunked already,
// or nil.
func (f *SSE) takePending() []byte {
	for {
		data, n, found := takeEvent(f.chunks.pending())
		f.chunks.use(n)
		if !found || data != nil {
			return data
		}
	}
}

func (f *SSE) message(data []byte, used int, found bool) (Kind, []byte, int, error) {
	if !found || data == nil {
		return More, nil, used, nil
	}
	if f.Text {
		return Message, data, used, nil
	}
	n, err := base64.StdEncoding.Decode(data, data)
	if err != nil {
		return More, nil, used, ErrMalformed
	}
	return Message, data[:n:n], used, nil
}

// AtEOF implements Framing. A body that is not chunked ends with its connection.
func (f *SSE) AtEOF(rest int) error {
	if f.Chunked || rest > 0 {
		return io.ErrUnexpectedEOF
	}
	return io.EOF
}

// takeEvent takes the first whole event out of in: its data, joined in place,
// nil where the event had none (a comment, an id alone), and the bytes used.
func takeEvent(in []byte) (data []byte, used int, found bool) {
	if data, used = takePlain(in); data != nil {
		return data, used, true
	}
	for {
		line, n, ok := nextLine(in[used:])
		if !ok {
			return nil, 0, false
		}
		used += n
		if len(line) == 0 {
			return joinData(in[:used]), used, true
		}
	}
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

// joinData gathers the data lines of one whole event in place: each moves down
// behind the one before.
func joinData(event []byte) (data []byte) {
	for len(event) > 0 {
		line, n, ok := nextLine(event)
		if !ok { // a CR at its very end, which takeEvent saw to be a whole line
			line, n = event[:len(event)-1], len(event)
		}
		event = event[n:]
		value, isData := bytes.CutPrefix(line, dataField)
		if !isData || (len(value) > 0 && value[0] != ':') {
			continue
		}
		value = bytes.TrimPrefix(bytes.TrimPrefix(value, colon), space)
		if data == nil {
			data = value
		} else {
			data = append(append(data, '\n'), value...)
		}
	}
	return data
}

var dataField, colon, space = []byte("data"), []byte(":"), []byte(" ")

// nextLine returns the first line of in without its end (LF, CRLF or CR).
func nextLine(in []byte) (line []byte, used int, ok bool) {
	i := bytes.IndexByte(in, '\n')
	head := in
	if i >= 0 {
		head = in[:i]
	}
	if j := bytes.IndexByte(head, '\r'); j >= 0 {
		switch {
		case j+1 < len(in) && in[j+1] == '\n':
			return in[:j], j + 2, true
		case j+1 < len(in):
			return in[:j], j + 1, true
		default: // whether LF follows is not known yet
			return nil, 0, false
		}
	}
	return head, i + 1, i >= 0
}
