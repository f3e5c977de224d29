package template

import (
	"bytes"
	"unicode/utf8"
)

// recordSeparator terminates records of SignalR's JSON protocol and separates packets of
// Engine.IO.
const recordSeparator = 0x1e

// Records splits a message into records. These messages have several:
//
//   - text with 0x1E after or between records (SignalR), or any text with End after or between them,
//   - lines that are each a JSON object or array, with or without a prefix,
//   - concatenated JSON objects,
//   - a SockJS frame: a, and a JSON array of strings, each a record,
//   - a JSON array of objects (JSON-RPC batch), if Items is set.
//
// Any other message is one record. Separators, white space between records and empty records
// are dropped. The zero value has no records. It is not safe for concurrent use, and allocates
// nothing once it has seen the longest SockJS record.
type Records struct {
	// End ends each record; if it is empty, the other forms are split.
	End []byte
	// Items splits arrays of objects into their objects.
	Items bool

	rest  []byte // remaining records
	split splitting
	text  []byte // a decoded SockJS record
}

// A splitting selects how the next record is found.
type splitting uint8

const (
	none  splitting = iota // none remains
	whole                  // the rest is one record
	bySeparator
	byEnd
	byLine
	byObject
	bySockJS // the rest starts with a string of the array
	byItem   // the rest starts with an object of the array
)

// Reset starts a message, which must not change until its last record is used. If apart is false,
// the message is one record.
func (r *Records) Reset(message []byte, apart bool) {
	r.rest, r.split = message, whole
	if !apart || len(message) < 2 {
		return
	}
	switch {
	case len(r.End) > 0:
		if text := r.pastEnds(message); len(text) > 0 {
			r.rest, r.split = text, byEnd
		}
	case message[0] == 'a' && isSockJS(message):
		r.rest, r.split = message[skipSpace(message, 2):], bySockJS
	case r.Items && message[0] == '[' && areItems(message):
		r.rest, r.split = message[skipSpace(message, 1):], byItem
	case bytes.IndexByte(message, recordSeparator) >= 0:
		if text := trimRecord(message); len(text) > 0 && printable(message) {
			r.rest, r.split = text, bySeparator
		}
	case message[0] == '{' && bytes.Contains(message, []byte("}{")):
		if areObjects(message) {
			r.split = byObject
		}
	default:
		if text := bytes.TrimSpace(message); bytes.IndexByte(text, '\n') >= 0 && areLines(text) {
			r.rest, r.split = text, byLine
		}
	}
}

// More reports whether records remain.
func (r *Records) More() bool { return r.split != none }

// Next returns the next record, valid until the next call; false if none remains.
func (r *Records) Next() (record []byte, ok bool) {
	switch r.split {
	case none:
		return nil, false
	case bySeparator:
		record = r.upTo(recordSeparator)
	case byEnd:
		text, rest, _ := bytes.Cut(r.rest, r.End)
		record, r.rest = text, r.pastEnds(rest)
	case byLine:
		record = r.upTo('\n')
	case byObject:
		end := skipValue(r.rest, 0)
		record, r.rest = r.rest[:end], r.rest[skipSpace(r.rest, end):]
	case bySockJS:
		return r.sockJS(), true
	case byItem:
		return r.item(), true
	default:
		record, r.rest = r.rest, nil
	}
	if len(r.rest) == 0 {
		r.split = none
	}
	return record, true
}

// Keep copies the remaining records, so that the caller may reuse the message's buffer.
func (r *Records) Keep() { r.rest = bytes.Clone(r.rest) }

// upTo takes the record before the next separator. r.rest starts and ends with a record.
func (r *Records) upTo(separator byte) []byte {
	end := bytes.IndexByte(r.rest, separator)
	if end < 0 {
		end = len(r.rest)
	}
	record := r.rest[:end]
	r.rest = trimRecord(r.rest[end:])
	return bytes.TrimSpace(record)
}

// pastEnds removes white space and ends of records before the first record.
func (r *Records) pastEnds(p []byte) []byte {
	for {
		rest := bytes.TrimPrefix(bytes.TrimLeft(p, " \t\r\n"), r.End)
		if len(rest) == len(p) {
			return p
		}
		p = rest
	}
}

// trimRecord removes white space and separators at both ends.
func trimRecord(p []byte) []byte { return bytes.Trim(p, " \t\r\n\x1e") }

// item returns the first remaining object.
func (r *Records) item() []byte {
	end := skipValue(r.rest, 0)
	object := r.rest[:end]
	r.after(end)
	return object
}

// after drops the item that ends at end, and the following comma or bracket.
func (r *Records) after(end int) {
	if r.rest = r.rest[skipSpace(r.rest, end):]; r.rest[0] == ',' {
		r.rest = r.rest[skipSpace(r.rest, 1):]
	} else {
		r.rest, r.split = nil, none
	}
}

// sockJS returns the first remaining string.
func (r *Records) sockJS() []byte {
	end := skipString(r.rest, 0)
	quoted := r.rest[:end]
	r.after(end)
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	r.text = appendUnquoted(r.text[:0], quoted)
	return r.text
}

// isSockJS reports whether p is a SockJS frame with at least one string.
func isSockJS(p []byte) bool {
	return p[1] == '[' && isArray(p, 2, skipString)
}

// areItems reports whether p is a non-empty array of objects.
func areItems(p []byte) bool {
	return isArray(p, 1, func(p []byte, i int) int {
		if i >= len(p) || p[i] != '{' {
			return -1
		}
		return skipValue(p, i)
	})
}

// isArray reports whether p[i:] consists of items that skip consumes, separated by commas, and a
// closing bracket.
func isArray(p []byte, i int, skip func(p []byte, i int) int) bool {
	for i = skipSpace(p, i); ; i = skipSpace(p, i+1) {
		if i = skip(p, i); i < 0 {
			return false
		}
		switch i = skipSpace(p, i); {
		case i >= len(p):
			return false
		case p[i] == ']':
			return skipTrailer(p, i+1) == len(p)
		case p[i] != ',':
			return false
		}
	}
}

// areLines reports whether each line that is not blank is a document.
func areLines(p []byte) bool {
	for len(p) > 0 {
		line := p
		if end := bytes.IndexByte(p, '\n'); end >= 0 {
			line, p = p[:end], p[end+1:]
		} else {
			p = nil
		}
		if line = bytes.TrimSpace(line); len(line) > 0 && documentAt(line) < 0 {
			return false
		}
	}
	return true
}

// areObjects reports whether p consists of JSON objects only.
func areObjects(p []byte) bool {
	for i := 0; i < len(p); i = skipSpace(p, i) {
		if p[i] != '{' {
			return false
		}
		if i = skipValue(p, i); i < 0 {
			return false
		}
	}
	return true
}

// printable reports whether p has no control characters except white space and record separators.
func printable(p []byte) bool {
	for _, b := range p {
		if b < ' ' && b != recordSeparator && b != '\t' && b != '\n' && b != '\r' {
			return false
		}
	}
	return utf8.Valid(p)
}

// longestPrefix limits the text before the document of a record.
const longestPrefix = 1 << 10

// documentAt returns the start of the JSON object or array that ends a record, after a prefix
// without quotes and brackets, such as 42 or 42/ns,7 (Socket.IO) or the header of a STOMP frame;
// -1 if there is none.
func documentAt(p []byte) int {
	i := bytes.IndexAny(p[:min(len(p), longestPrefix+1)], "{[\"")
	if i < 0 || p[i] == '"' {
		return -1
	}
	if end := skipValue(p, i); end < 0 || skipTrailer(p, end) != len(p) {
		return -1
	}
	return i
}

// skipValue consumes any value.
func skipValue(p []byte, i int) int {
	s := search{p: p}
	return s.value(i, off, 0)
}

// skipTrailer consumes white space, 0x1E and NUL (the end of a STOMP frame) after the document of
// a record.
func skipTrailer(p []byte, i int) int {
	for i < len(p) && (p[i] == ' ' || p[i] == '\n' || p[i] == '\t' || p[i] == '\r' || p[i] == recordSeparator || p[i] == 0) {
		i++
	}
	return i
}

// IsJSON reports whether a reply is a document, possibly after a prefix, that paths can refer to.
func IsJSON(reply []byte) bool {
	if end := skipValue(reply, skipSpace(reply, 0)); end >= 0 && skipTrailer(reply, end) == len(reply) {
		return true
	}
	return documentAt(reply) >= 0
}
