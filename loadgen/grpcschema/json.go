package grpcschema

import (
	"encoding/json"
	"strings"
)

// maxDepth limits the nesting of objects and arrays.
const maxDepth = 100

// shape is the form of a JSON value.
type shape uint8

const (
	object shape = iota
	array
	text // quoted
	bare // a number, true, false, null, or unquoted actions
)

// A value is a JSON value (RFC 8259) in a source. Strings may contain actions, and actions may
// replace values.
type value struct {
	shape   shape
	at, end int // offsets in the source's text
	members []member
	items   []value
	dynamic bool // contains an action
}

// A member is a key and value of an object.
type member struct{ key, value value }

// A reader parses a source.
type reader struct {
	*source
	at int
}

// readValue parses a source that consists of one value.
func readValue(s *source) (value, error) {
	r := &reader{source: s}
	r.space()
	if r.at == len(r.text) {
		return value{}, r.errorf(0, "the message is empty; expected JSON: {…}")
	}
	v, err := r.value(0)
	if err != nil {
		return value{}, err
	}
	if r.space(); r.at < len(r.text) {
		return value{}, r.errorf(r.at, "%s after the end of the message", r.next())
	}
	return v, nil
}

func (r *reader) space() {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
		r.at++
	}
}

// next describes the next input for an error message.
func (r *reader) next() string {
	if r.at >= len(r.text) {
		return "the message ends"
	}
	return "found " + r.excerpt(value{at: r.at, end: min(len(r.text), r.at+20)})
}

func (r *reader) value(depth int) (value, error) {
	r.space()
	if r.at >= len(r.text) {
		return value{}, r.errorf(r.at, "the message ends; expected a value")
	}
	switch r.text[r.at] {
	case '{', '[':
		if depth == maxDepth {
			return value{}, r.errorf(r.at, "objects and arrays are nested more than %d deep", maxDepth)
		}
		if r.text[r.at] == '[' {
			return r.array(depth)
		}
		return r.object(depth)
	case '"':
		return r.string()
	}
	return r.bare()
}

func (r *reader) object(depth int) (value, error) {
	v := value{shape: object, at: r.at}
	r.at++
	for {
		r.space()
		if len(v.members) == 0 && r.accept('}') {
			break
		}
		if r.at >= len(r.text) || r.text[r.at] != '"' {
			return v, r.errorf(r.at, `%s; expected a field name in quotes`, r.next())
		}
		key, err := r.string()
		if err != nil {
			return v, err
		}
		if r.space(); !r.accept(':') {
			return v, r.errorf(r.at, "%s; expected : after a field name", r.next())
		}
		item, err := r.value(depth + 1)
		if err != nil {
			return v, err
		}
		v.members = append(v.members, member{key, item})
		v.dynamic = v.dynamic || key.dynamic || item.dynamic
		if r.space(); r.accept('}') {
			break
		}
		if !r.accept(',') {
			return v, r.errorf(r.at, "%s; expected , or } after a field", r.next())
		}
	}
	v.end = r.at
	return v, nil
}

func (r *reader) array(depth int) (value, error) {
	v := value{shape: array, at: r.at}
	r.at++
	for {
		r.space()
		if len(v.items) == 0 && r.accept(']') {
			break
		}
		item, err := r.value(depth + 1)
		if err != nil {
			return v, err
		}
		v.items = append(v.items, item)
		v.dynamic = v.dynamic || item.dynamic
		if r.space(); r.accept(']') {
			break
		}
		if !r.accept(',') {
			return v, r.errorf(r.at, "%s; expected , or ] after an item", r.next())
		}
	}
	v.end = r.at
	return v, nil
}

func (r *reader) accept(c byte) bool {
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *reader) string() (value, error) {
	v := value{shape: text, at: r.at}
	for r.at++; r.at < len(r.text); r.at++ {
		switch r.text[r.at] {
		case '"':
			r.at++
			v.end = r.at
			return v, nil
		case '\\':
			// An escaped quote does not end the string. Actions cannot be escaped.
			r.at++
			if r.at < len(r.text) && r.text[r.at] == placeholder {
				return v, r.errorf(r.at, `an action follows a \`)
			}
		case placeholder:
			v.dynamic = true
		}
	}
	return v, r.errorf(v.at, `unterminated string; expected "`)
}

func (r *reader) bare() (value, error) {
	v := value{shape: bare, at: r.at}
	for ; r.at < len(r.text) && strings.IndexByte(" \t\r\n,:]}[{\"", r.text[r.at]) < 0; r.at++ {
		v.dynamic = v.dynamic || r.text[r.at] == placeholder
	}
	v.end = r.at
	if token := r.text[v.at:v.end]; !v.dynamic && !json.Valid([]byte(token)) {
		if token == "" {
			return v, r.errorf(v.at, "%s; expected a value", r.next())
		}
		return v, r.errorf(v.at, `%s is not a JSON value; expected a number, true, false, null, or text in quotes`, r.excerpt(v))
	}
	return v, nil
}
