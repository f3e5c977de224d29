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
	text  string
	parts []template.Part
	// starts holds the positions of the parts in text.
	starts []int
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
	s := &source{parts: bound}
	var b strings.Builder
	for _, part := range bound {
		s.starts = append(s.starts, b.Len())
		if part.Action != nil {
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

// partAt returns the index of the part at a position: the last one that starts at or before it.
func (s *source) partAt(at int) int { return sort.SearchInts(s.starts, at+1) - 1 }

// part returns the part at a position.
func (s *source) part(at int) template.Part { return s.parts[s.partAt(at)] }

// errorf returns a *template.SyntaxError for a position in the source's text.
func (s *source) errorf(at int, format string, a ...any) error {
	offset := 0
	if i := s.partAt(at); i >= 0 {
		offset = s.parts[i].Offset + at - s.starts[i]
	}
	return &template.SyntaxError{Offset: offset, Message: fmt.Sprintf(format, a...)}
}

// excerpt returns a shortened value for an error message, with actions as {{Name}}.
func (s *source) excerpt(v value) string {
	var b strings.Builder
	for i := v.at; i < v.end && b.Len() < 60; i++ {
		if s.text[i] == placeholder {
			fmt.Fprintf(&b, "{{%s}}", s.part(i).Action.Name())
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
