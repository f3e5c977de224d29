package grpcschema

import (
	"fmt"
	"sort"
	"strings"

	"rtbench/scenarios/template"
)

// placeholder marks an action in a source. JSON cannot contain this byte.
const placeholder = '\x00'

// A source is the text of a message with a placeholder for each action.
type source struct {
	text         string
	actions      []*template.Action
	placeholders []int // offsets of the actions' placeholders in text
	// starts and offsets map positions in text to positions in the user's text.
	starts, offsets []int
}

// newSource parses a template and binds its actions. The error is a *template.SyntaxError.
func newSource(text string, o template.Options) (*source, error) {
	parts, err := template.Parse(text)
	if err != nil {
		return nil, err
	}
	bound, err := template.Bind(parts, o)
	if err != nil {
		return nil, err
	}
	s := &source{}
	var b strings.Builder
	for _, part := range bound {
		s.starts = append(s.starts, b.Len())
		s.offsets = append(s.offsets, part.Offset)
		if part.Action != nil {
			s.actions = append(s.actions, part.Action)
			s.placeholders = append(s.placeholders, b.Len())
			b.WriteByte(placeholder)
			continue
		}
		if i := strings.IndexByte(part.Literal, placeholder); i >= 0 {
			return nil, &template.SyntaxError{Offset: part.Offset + i, Message: "found a NUL byte in JSON; expected \\u0000 in a string"}
		}
		b.WriteString(part.Literal)
	}
	s.text = b.String()
	return s, nil
}

// errorf returns a *template.SyntaxError for a position in the source's text.
func (s *source) errorf(at int, format string, a ...any) error {
	// The piece at the position is the last one that starts at or before it.
	i := sort.SearchInts(s.starts, at+1) - 1
	offset := 0
	if i >= 0 {
		offset = s.offsets[i] + at - s.starts[i]
	}
	return &template.SyntaxError{Offset: offset, Message: fmt.Sprintf(format, a...)}
}

// action returns the action of the placeholder at a position.
func (s *source) action(at int) *template.Action {
	return s.actions[sort.SearchInts(s.placeholders, at)]
}

// excerpt returns a shortened value for an error message, with actions as {{Name}}.
func (s *source) excerpt(v value) string {
	var b strings.Builder
	for i := v.at; i < v.end && b.Len() < 60; i++ {
		if s.text[i] == placeholder {
			fmt.Fprintf(&b, "{{%s}}", s.action(i).Name())
			continue
		}
		b.WriteByte(s.text[i])
	}
	text := strings.ToValidUTF8(strings.Join(strings.Fields(b.String()), " "), "")
	if len(text) > 40 {
		text = strings.ToValidUTF8(text[:40], "") + "…"
	}
	return text
}
