package scenarios

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/template"
)

// messages reads a template, or a list of templates and of mappings that say more of one.
func messages(into *[]Message) value {
	sh := shape{scalar: anyScalar.allowed, fields: messageKeys(new(Message)), many: true}
	return value{shape: sh, read: func(r *reader, path string, n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			*into = append(*into, oneMessage(r, path, n))
			return
		}
		if len(n.Content) == 0 {
			r.problem(n, "%s: the list is empty; expected a message, or the key left out for rtbench's own", path)
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
		r.problem(n, "%s: found keys and values; expected a template, or text, json or file; did you mean {json: {%s: …}}?", path, shorten(oneLine(n.Content[0].Value)))
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
		r.problem(n, "%s: raw without a file; expected `file: NAME` with it, of which nothing is a template then", path)
	case m.Raw && m.Size != "":
		r.problem(n, "%s: raw with a size; expected one of them, as {{.Body}} of a raw file is no template", path)
	case m.Size != "" && m.File == "" && !uses(m.Text, "Body"):
		r.problem(n, "%s: a size, and no {{.Body}} in the text; expected that where the %s bytes go", path, shorten(m.Size))
	}
	return m
}

// anyKey says whether one of a mapping's keys is among fields, or means one of them.
func anyKey(n *yaml.Node, fields []field) bool {
	for _, p := range pairsOf(n) {
		if synonym("messages", p.key.Value, fields).name != "" {
			return true
		}
	}
	return false
}

// template reads a text with {{actions}} in it.
func templateText(into *string) value {
	return value{shape: shape{scalar: anyScalar.allowed}, read: func(r *reader, path string, n *yaml.Node) {
		k := anyScalar
		k.expected = "a text, in quotes where it begins with { or ["
		if t, ok := k.scalar(r, path, n); ok && r.isTemplate(path, n) {
			*into = t
		}
	}}
}

// isTemplate reports what is wrong with the template of a scalar. What a variable holds is
// looked at, and not shown.
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
		r.problem(n, "%s: what %s stands for is no template; expected it without {{", path, quote(r.text(n)))
		return false
	}
	return true
}

// inText is where a byte of a scalar stands in its file, as far as can be told: in a block
// the line alone.
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
	k.expected = "bytes such as 128 or 4KiB, or what they are drawn from, such as uniform(100, 2KiB)"
	s, ok := k.scalar(r, path, n)
	if !ok {
		return ""
	}
	_, err := template.ParseSize(s)
	var fault *template.SyntaxError
	if _, fromVariable := r.written[n]; err != nil && fromVariable {
		r.problem(n, "%s: what %s stands for is wrong; expected %s", path, quote(r.text(n)), k.expected)
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

// path reads where a value is in a reply.
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
			r.problem(n, "%s: %s is wrong; expected %s", path, r.describe(n), k.expected)
		default:
			line, column := r.inText(n, fault.Offset)
			defer r.withSource(r.files[n])()
			r.place(line, column, "%s: %s", path, oneLine(fault.Message))
		}
	}}
}

// uses says whether an action of that name, without a dot, is in a template.
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
