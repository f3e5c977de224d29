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
		return r.composite(depth)
	case '"':
		return r.string()
	}
	return r.bare()
}

// composite reads an object or an array.
func (r *reader) composite(depth int) (value, error) {
	v, closing, what := value{shape: object, at: r.at}, byte('}'), "a field"
	if r.accept('[') {
		v.shape, closing, what = array, ']', "an item"
	} else {
		r.at++
	}
	for first := true; ; first = false {
		if r.space(); first && r.accept(closing) {
			break
		}
		var m member
		var err error
		if v.shape == object {
			if m.key, err = r.key(); err != nil {
				return v, err
			}
		}
		if m.value, err = r.value(depth + 1); err != nil {
			return v, err
		}
		if v.shape == object {
			v.members = append(v.members, m)
		} else {
			v.items = append(v.items, m.value)
		}
		v.dynamic = v.dynamic || m.key.dynamic || m.value.dynamic
		if r.space(); r.accept(closing) {
			break
		}
		if !r.accept(',') {
			return v, r.errorf(r.at, "%s; expected , or %c after %s", r.next(), closing, what)
		}
	}
	v.end = r.at
	return v, nil
}

// key reads a field name and the colon after it.
func (r *reader) key() (value, error) {
	if r.at >= len(r.text) || r.text[r.at] != '"' {
		return value{}, r.errorf(r.at, `%s; expected a field name in quotes`, r.next())
	}
	key, err := r.string()
	if err != nil {
		return value{}, err
	}
	if r.space(); !r.accept(':') {
		return value{}, r.errorf(r.at, "%s; expected : after a field name", r.next())
	}
	return key, nil
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
