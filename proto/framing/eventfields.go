package framing

import (
	"bytes"
	"math"
	"time"
)

// byteOrderMark may precede the first line.
const byteOrderMark = "\xef\xbb\xbf"

// skipMark skips a byte order mark, which may arrive in pieces.
func (f *EventStream) skipMark(in []byte) (used int) {
	for used < len(in) && f.bom < len(byteOrderMark) && in[used] == byteOrderMark[f.bom] {
		used++
		f.bom++
	}
	switch {
	case f.bom == len(byteOrderMark):
		f.begun = true
	case used < len(in): // no byte order mark
		f.begun = true
		f.line = append(f.line, byteOrderMark[:f.bom]...)
	}
	return used
}

// fieldHead is the length of the longest field name with its colon and space.
const fieldHead = len("event: ")

// nextLine takes a line without its end (LF, CRLF or CR) from in, which is not empty. It
// buffers an unfinished line.
func (f *EventStream) nextLine(in []byte) (line []byte, used int, whole bool, err error) {
	if f.afterCR {
		f.afterCR = false
		if in[0] == '\n' {
			return nil, 1, false, nil
		}
	}
	n, used, whole := f.lineEnd(in)
	if len(f.line)+n > f.limit()+fieldHead {
		return nil, used, false, TooLong(f.limit())
	}
	if whole && len(f.line) == 0 {
		return in[:n], used, true, nil
	}
	f.line = append(f.line, in[:n]...)
	line = f.line
	if whole {
		f.line = f.line[:0]
	}
	return line, used, whole, nil
}

// lineEnd returns the length of the first line without and with its end.
func (f *EventStream) lineEnd(in []byte) (n, used int, whole bool) {
	n = bytes.IndexByte(in, '\n')
	whole = n >= 0
	if !whole {
		n = len(in)
	}
	i := bytes.IndexByte(in[:n], '\r')
	switch {
	case i < 0 && whole:
		return n, n + 1, true
	case i < 0:
		return n, n, false
	case i+1 == len(in):
		f.afterCR = true
	case in[i+1] == '\n':
		return i, i + 2, true
	}
	return i, i + 1, true
}

// field interprets a nonempty line.
func (f *EventStream) field(line []byte) error {
	name, value, _ := bytes.Cut(line, colon)
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	switch string(name) {
	case "data":
		if f.hasData {
			f.data = append(f.data, '\n')
		} else {
			f.data = f.data[:0]
		}
		f.data = append(f.data, value...)
		f.hasData, f.inside = true, true
		if len(f.data) > f.limit() {
			return TooLong(f.limit())
		}
	case "event":
		f.kind = append(f.kind[:0], value...)
		f.inside = true
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			f.id = append(f.id[:0], value...)
			f.hasID, f.inside = true, true
		}
	case "retry":
		if d, ok := parseRetry(value); ok {
			f.Retry = d
		}
	}
	return nil // unknown fields and comments are ignored
}

var colon = []byte(":")

// dispatch ends an event and reports whether it has data, which is in f.data.
func (f *EventStream) dispatch() bool {
	if f.hasID {
		f.LastID, f.id = f.id, f.LastID
	}
	f.Type, f.kind = f.kind, f.Type[:0]
	had := f.hasData
	f.hasData, f.hasID, f.inside = false, false, false
	if f.data == nil {
		f.data = empty
	}
	return had
}

// parseRetry parses a reconnection time in milliseconds. It returns the longest
// time.Duration instead of overflowing.
func parseRetry(value []byte) (time.Duration, bool) {
	const maxDuration = math.MaxInt64 / int64(time.Millisecond)
	ms := int64(0)
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		ms = min(ms, maxDuration/10-1)*10 + int64(c-'0')
	}
	return time.Duration(ms) * time.Millisecond, len(value) > 0
}
