package grpcschema

import (
	"encoding/json"
	"strings"
)

// maxDepth is how many objects and arrays may stand in one another.
const maxDepth = 100

// shape is what a value of JSON is.
type shape uint8

const (
	object shape = iota
	array
	text // in quotes
	bare // a number, true, false, null, or actions without quotes
)

// A value is one of JSON (RFC 8259) in a source, where actions may stand in strings and
// instead of values.
type value struct {
	shape   shape
	at, end int // in the source's text
	members []member
	items   []value
	dynamic bool // an action is in it
}

// A member is one of an object: its key is text.
type member struct{ key, value value }

// A reader reads the values of a source.
type reader struct {
	*source
	at int
}

// readValue reads a source that is one value.
func readValue(s *source) (value, error) {
	r := &reader{source: s}
	r.space()
	if r.at == len(r.text) {
		return value{}, r.errorf(0, "the message is empty, expected JSON: {…}")
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

// next is what comes next, for messages.
func (r *reader) next() string {
	if r.at >= len(r.text) {
		return "the text ends"
	}
	return "there is " + r.excerpt(value{at: r.at, end: min(len(r.text), r.at+20)})
}

func (r *reader) value(depth int) (value, error) {
	r.space()
	if r.at >= len(r.text) {
		return value{}, r.errorf(r.at, "the text ends, expected a value")
	}
	switch r.text[r.at] {
	case '{', '[':
		if depth == maxDepth {
			return value{}, r.errorf(r.at, "more than %d objects and arrays stand in one another", maxDepth)
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
			return v, r.errorf(r.at, `%s, expected the name of a field in quotes`, r.next())
		}
		key, err := r.string()
		if err != nil {
			return v, err
		}
		if r.space(); !r.accept(':') {
			return v, r.errorf(r.at, "%s, expected : after the name of a field", r.next())
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
			return v, r.errorf(r.at, "%s, expected , or } after a field", r.next())
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
			return v, r.errorf(r.at, "%s, expected , or ] after an item", r.next())
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
			// What is escaped does not end the string; an action cannot be escaped.
			r.at++
			if r.at < len(r.text) && r.text[r.at] == placeholder {
				return v, r.errorf(r.at, `a \ stands before an action`)
			}
		case placeholder:
			v.dynamic = true
		}
	}
	return v, r.errorf(v.at, `the text ends in a string, expected "`)
}

func (r *reader) bare() (value, error) {
	v := value{shape: bare, at: r.at}
	for ; r.at < len(r.text) && strings.IndexByte(" \t\r\n,:]}[{\"", r.text[r.at]) < 0; r.at++ {
		v.dynamic = v.dynamic || r.text[r.at] == placeholder
	}
	v.end = r.at
	if token := r.text[v.at:v.end]; !v.dynamic && !json.Valid([]byte(token)) {
		if token == "" {
			return v, r.errorf(v.at, "%s, expected a value", r.next())
		}
		return v, r.errorf(v.at, `%s is no value of JSON, expected a number, true, false, null, or text in quotes`, r.excerpt(v))
	}
	return v, nil
}
