package template

import (
	"encoding/json"
	"slices"
)

// Options are what the names of a template stand for that are not of one message. The zero
// value has no rows and an empty {{.Body}}.
type Options struct {
	Rows *Rows // of {{.Row.NAME}}; nil: none
	Size Size  // of {{.Body}}
}

// A Template is a Format of the user's text: bytes that are copied and actions between them.
// The zero value is the empty message.
type Template struct {
	segments []segment
}

// A segment is text and then what an action appends; nil: nothing.
type segment struct {
	text   string
	name   string
	append appender
}

// Compile parses a template and binds it. Where the text would be JSON with a number for
// each action, values of rows that stand inside a string are escaped as JSON has it, once
// and here; anywhere else, and in any other text, they are copied as they are. No other action
// appends what would have to be escaped. The error is a *SyntaxError.
func Compile(text string, o Options) (*Template, error) {
	parts, err := Parse(text)
	if err != nil {
		return nil, err
	}
	quoted := insideStrings(parts)
	t := &Template{}
	last := segment{}
	for i, p := range parts {
		if p.Action == nil {
			last.text += p.Literal
			continue
		}
		bound, err := bind(p, o, quoted[i])
		if err != nil {
			return nil, err
		}
		last.name, last.append = bound.name, bound.append
		t.segments = append(t.segments, last)
		last = segment{}
	}
	if last.text != "" {
		t.segments = append(t.segments, last)
	}
	return t, nil
}

// Append implements Format.
func (t *Template) Append(dst []byte, v *Values) []byte {
	for i := range t.segments {
		s := &t.segments[i]
		dst = append(dst, s.text...)
		if s.append != nil {
			dst = s.append(dst, v)
		}
	}
	return dst
}

// Uses says whether an action of that name, without a dot, is in the template:
// RequestNumber, UUID, Row …
func (t *Template) Uses(name string) bool {
	return slices.ContainsFunc(t.segments, func(s segment) bool { return s.append != nil && s.name == name })
}

// Static says that the template has no action: every message is the same.
func (t *Template) Static() bool {
	return !slices.ContainsFunc(t.segments, func(s segment) bool { return s.append != nil })
}

// insideStrings says of each part whether it stands inside a string of JSON; of none, where
// the text is not JSON.
func insideStrings(parts []Part) []bool {
	inside := make([]bool, len(parts))
	var text []byte
	quoted, escaped := false, false
	for i, p := range parts {
		inside[i] = quoted
		if p.Action != nil {
			p.Literal = "1" // which other digits may precede and follow
		}
		text = append(text, p.Literal...)
		for _, b := range []byte(p.Literal) {
			switch {
			case escaped:
				escaped = false
			case b == '\\':
				escaped = quoted
			case b == '"':
				quoted = !quoted
			}
		}
	}
	if !json.Valid(text) {
		clear(inside)
	}
	return inside
}
