package scenarios

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/template"
)

// messages reads a template, or a list of templates and mappings.
func messages(into *[]Message) value {
	sh := shape{scalar: anyScalar.allowed, fields: messageKeys(new(Message)), many: true}
	return value{shape: sh, read: func(r *reader, path string, n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			*into = append(*into, oneMessage(r, path, n))
			return
		}
		if len(n.Content) == 0 {
			r.problem(n, "%s: empty list; expected a message, or no key for rtbench's own", path)
		}
		for i, item := range n.Content {
			*into = append(*into, oneMessage(r, fmt.Sprintf("%s[%d]", path, i), item))
		}
	}}
}

func messageKeys(m *Message) []field {
	return []field{
		{"text", templateText(&m.Text)},
		{"json", value{shape: shape{anything: true}, read: func(r *reader, path string, n *yaml.Node) { m.Text = r.json(path, n) }}},
		{"file", one(&m.File, fileName)},
		{"raw", one(&m.Raw, boolean)},
		{"size", value{shape: shape{scalar: anyScalar.allowed}, read: func(r *reader, path string, n *yaml.Node) { m.Size = sizeText(r, path, n) }}},
	}
}

func oneMessage(r *reader, path string, n *yaml.Node) Message {
	m := Message{Line: n.Line, Column: n.Column}
	if n.Kind != yaml.MappingNode {
		templateText(&m.Text).read(r, path, n)
		return m
	}
	if child(n, "text") == nil && child(n, "json") == nil && child(n, "file") == nil && len(n.Content) > 0 && !anyKey(n, messageKeys(&m)) {
		r.problem(n, "%s: found keys and values; expected a template, or one of text, json and file; did you mean {json: {%s: …}}?", path, shorten(oneLine(n.Content[0].Value)))
		return m
	}
	before := len(r.problems)
	r.mapping(path, n, messageKeys(&m))
	given := 0
	for _, key := range []string{"text", "json", "file"} {
		if at := r.values[path+"."+key]; at != nil {
			given++
			m.Line, m.Column = at.Line, at.Column
		}
	}
	switch {
	case len(r.problems) > before:
	case given != 1:
		r.problem(n, "%s: found %d of text, json and file; expected one of them", path, given)
	case m.Raw && m.File == "":
		r.problem(n, "%s: raw without a file; expected `file: NAME` with it", path)
	case m.Raw && m.Size != "":
		r.problem(n, "%s: raw with a size; expected one of them", path)
	case m.Size != "" && m.File == "" && !uses(m.Text, "Body"):
		r.problem(n, "%s: size without {{.Body}}; expected {{.Body}} in the text, for %s bytes", path, shorten(m.Size))
	}
	return m
}

// anyKey reports whether a key of a mapping is, or is a synonym of, one of fields.
func anyKey(n *yaml.Node, fields []field) bool {
	for _, p := range pairsOf(n) {
		if synonym("messages", p.key.Value, fields).name != "" {
			return true
		}
	}
	return false
}

// templateText reads text with {{actions}}.
func templateText(into *string) value {
	return value{shape: shape{scalar: anyScalar.allowed}, read: func(r *reader, path string, n *yaml.Node) {
		k := anyScalar
		k.expected = "text, quoted if it starts with { or ["
		if t, ok := k.scalar(r, path, n); ok && r.isTemplate(path, n) {
			*into = t
		}
	}}
}

// isTemplate reports errors in the template of a scalar. It does not quote values of variables.
func (r *reader) isTemplate(path string, n *yaml.Node) bool {
	_, err := template.Parse(r.text(n))
	var fault *template.SyntaxError
	if errors.As(err, &fault) {
		line, column := r.inText(n, fault.Offset)
		defer r.withSource(r.files[n])()
		r.place(line, column, "%s: %s", path, oneLine(fault.Message))
		return false
	}
	if _, err := template.Parse(n.Value); err != nil {
		r.problem(n, "%s: found {{ in the value of %s; expected none, because values of variables are not templates", path, quote(r.text(n)))
		return false
	}
	return true
}

// inText returns the position of a byte of a scalar in its file; in a block scalar only the line.
func (r *reader) inText(n *yaml.Node, offset int) (line, column int) {
	before := r.text(n)
	before = before[:min(offset, len(before))]
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return n.Line + 1 + strings.Count(before, "\n"), 1
	case n.Style&yaml.SingleQuotedStyle != 0:
		return n.Line, n.Column + 1 + utf8.RuneCountInString(before) + strings.Count(before, "'")
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return n.Line, n.Column + 1 + utf8.RuneCountInString(before) + strings.Count(before, `"`) + strings.Count(before, `\`)
	}
	return n.Line, n.Column + utf8.RuneCountInString(before)
}

// sizeText reads the size of {{.Body}}.
func sizeText(r *reader, path string, n *yaml.Node) string {
	k := anyScalar
	k.expected = "bytes such as 128 or 4KiB, or a distribution such as uniform(100, 2KiB)"
	s, ok := k.scalar(r, path, n)
	if !ok {
		return ""
	}
	_, err := template.ParseSize(s)
	var fault *template.SyntaxError
	if _, fromVariable := r.written[n]; err != nil && fromVariable {
		r.problem(n, "%s: the value of %s is invalid; expected %s", path, quote(r.text(n)), k.expected)
		return ""
	}
	if errors.As(err, &fault) {
		line, column := r.inText(n, fault.Offset)
		defer r.withSource(r.files[n])()
		r.place(line, column, "%s: %s", path, oneLine(fault.Message))
		return ""
	}
	return s
}

// pathInto reads a path into a reply.
func pathInto(into *string) value {
	return value{shape: shape{scalar: text.allowed}, read: func(r *reader, path string, n *yaml.Node) {
		k := text
		k.expected = "a path into a reply, such as id or result.items[0].id"
		s, ok := k.scalar(r, path, n)
		if !ok {
			return
		}
		_, err := template.ParsePath(s)
		var fault *template.SyntaxError
		switch _, fromVariable := r.written[n]; {
		case err == nil && s != "":
			*into = s
		case fromVariable || !errors.As(err, &fault):
			r.problem(n, "%s: found %s; expected %s", path, r.describe(n), k.expected)
		default:
			line, column := r.inText(n, fault.Offset)
			defer r.withSource(r.files[n])()
			r.place(line, column, "%s: %s", path, oneLine(fault.Message))
		}
	}}
}

// uses reports whether a template has one of the named actions (without a dot).
func uses(text string, names ...string) bool {
	parts, _ := template.Parse(text)
	for _, p := range parts {
		for _, name := range names {
			if p.Action != nil && p.Action.Name() == name {
				return true
			}
		}
	}
	return false
}
