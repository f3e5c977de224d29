package template

import "slices"

// Options are the values of a template that are the same for all messages. The zero value has no
// rows and an empty {{.Body}}.
type Options struct {
	Rows *Rows // for {{.Row.NAME}}; nil: none
	Size Size  // for {{.Body}}
	// Captured names Values.Captured.
	Captured []string
}

// A Template is a Format of text and actions. The zero value is the empty message.
type Template struct {
	segments []segment
	// bare names the first captured value that is not in a string, if the text is JSON (see IsJSON)
	// once each action is a number.
	bare string
}

// A segment is text followed by an action, if that appends.
type segment struct {
	text string
	Action
}

// Compile parses a template and binds it. If the text is JSON (see IsJSON) once each action is a number,
// values of rows and replies inside strings are escaped as JSON; otherwise they are copied unchanged.
// No other action needs escaping. The error is a *SyntaxError.
func Compile(text string, o Options) (*Template, error) {
	parts, err := Parse(text)
	if err != nil {
		return nil, err
	}
	inside, isJSON := insideStrings(parts)
	if parts, err = bindAll(parts, o, inside); err != nil {
		return nil, err
	}
	t := New(parts)
	for i, p := range parts {
		if isJSON && t.bare == "" && p.Action != nil && p.Action.captured && !inside[i] {
			t.bare = p.Action.name
		}
	}
	return t, nil
}

// New returns a template of bound parts.
func New(parts []Part) *Template {
	t := &Template{}
	last := segment{}
	for _, p := range parts {
		if p.Action == nil {
			last.text += p.Literal
			continue
		}
		t.segments = append(t.segments, segment{last.text, *p.Action})
		last.text = ""
	}
	if last.text != "" {
		t.segments = append(t.segments, last)
	}
	return t
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

// Uses reports whether the template has the named action, without a dot: RequestNumber, UUID, Row
// and so on.
func (t *Template) Uses(name string) bool {
	return slices.ContainsFunc(t.segments, func(s segment) bool { return s.append != nil && s.name == name })
}

// HasActions reports whether the template has any action.
func (t *Template) HasActions() bool {
	return slices.ContainsFunc(t.segments, func(s segment) bool { return s.append != nil })
}

// insideStrings reports for each part whether it is inside a JSON string; false for all if the
// text is not JSON.
func insideStrings(parts []Part) (inside []bool, isJSON bool) {
	inside = make([]bool, len(parts))
	var text []byte
	quoted, escaped := false, false
	for i, p := range parts {
		inside[i] = quoted
		if p.Action != nil {
			p.Literal = "1" // other digits may precede and follow
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
	if isJSON = IsJSON(text); !isJSON {
		clear(inside)
	}
	return inside, isJSON
}
