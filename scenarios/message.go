package scenarios

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/spec"
	"rtbench/scenarios/template"
)

// Message is one message to send: a template, as text or in a file.
type Message struct {
	Name   string // of its kind, under which it is counted and timed; empty: none
	Weight int    // share of the messages, relative to those of the others; 0: not given
	Text   string
	File   string
	Raw    bool   // send the file as is
	Size   string // bytes of {{.Body}}; empty: payload.size
	At     string // position in the scenario, for errors: FILE:LINE or a flag
	Key    string // its place among the keys, such as messages[1]
}

// Limits of messages.
const (
	maxWeight = 1_000_000
	maxKinds  = 16
)

// value reads a template, or keys.
func (m *Message) value() spec.Value {
	sh := spec.Shape{Keys: []spec.Key{
		{Name: "name", Also: "kind label", Value: spec.One(&m.Name, nameText), Doc: "Name of this kind of message, for its own counts and response times. With a name for one, all need one."},
		{Name: "weight", Also: "share ratio frequency probability", Value: spec.One(&m.Weight, spec.Integer(1, maxWeight)), Doc: "How often it is sent, relative to the weights of the others (default 1). The choice is random and the same in every run (load.seed). Without weights, messages are sent in turn."},
		{Name: "text", Also: "send template", Value: templateText(&m.Text), Doc: "Template such as {\"id\":{{.RequestNumber}}}. The key json builds it from keys and values."},
		{Name: "json", Value: jsonText(&m.Text), Doc: "The template as keys and values. A text with a single numeric action has no quotes."},
		{Name: "file", Value: spec.One(&m.File, fileName), Doc: "File that contains the template."},
		{Name: "raw", Value: spec.One(&m.Raw, spec.Bool), Doc: "Send the file as is, without template actions. Default false."},
		{Name: "size", Value: sizeText(&m.Size), Doc: "Bytes of {{.Body}}: a number, or a distribution such as uniform(100, 2KiB). Default: payload.size."},
	}}
	v := spec.Either("", templateText(&m.Text), spec.Value{Shape: sh, Read: func(r *spec.Reader, path string, n *yaml.Node) { m.read(r, path, n, sh) }})
	read := v.Read
	v.Read = func(r *spec.Reader, path string, n *yaml.Node) {
		m.At, m.Key = r.Where(n), path
		if !r.Has(path) {
			r.Note(path, n, n) // an element of a list
		}
		read(r, path, n)
	}
	return v
}

// read reads the keys of a message.
func (m *Message) read(r *spec.Reader, path string, n *yaml.Node, sh spec.Shape) {
	known := false
	for _, p := range spec.Pairs(n) {
		known = known || spec.Synonym(p.Key.Value, sh.Keys).Name != ""
	}
	if !known && len(n.Content) > 0 {
		r.Problem(n, path, ": found keys and values; expected a template, or one of text, json and file; did you mean {json: {%s: …}}?", spec.Shorten(n.Content[0].Value))
		return
	}
	before := len(r.Problems)
	r.Mapping(path, n, sh)
	given := 0
	for _, key := range []string{"text", "json", "file"} {
		if at := r.Value(path + "." + key); at != nil {
			given++
			m.At = r.Where(at)
		}
	}
	switch {
	case len(r.Problems) > before:
	case given != 1:
		r.Problem(n, path, ": found %d of text, json and file; expected one of them", given)
	case m.Raw && m.File == "":
		r.Problem(n, path, ": raw without a file; expected `file: NAME` with it")
	case m.Raw && m.Size != "":
		r.Problem(n, path, ": raw with a size; expected one of them")
	case m.Size != "" && m.File == "" && !uses(m.Text, "Body"):
		r.Problem(n, path, ": size without {{.Body}}; expected {{.Body}} in the text, for %s bytes", spec.Shorten(m.Size))
	}
}

// messageNode is the spec.Flag.Node of --message.
func messageNode(value string, file func(string) string) (*yaml.Node, error) {
	name, isFile := strings.CutPrefix(value, "@")
	switch {
	case !isFile:
		return spec.TextNode(value), nil
	case name == "":
		return nil, errors.New(" @: expected a file name after @")
	}
	return spec.MapNode("file", spec.TextNode(file(name))), nil
}

// templateText reads text with {{actions}}.
func templateText(into *string) spec.Value {
	k := anyScalar.Expecting("text, quoted if it starts with { or [")
	return spec.Value{Shape: spec.Shape{Scalar: k.Allowed}, Read: func(r *spec.Reader, path string, n *yaml.Node) {
		if t, ok := k.Scalar(r, path, n); ok && isTemplate(r, path, n) {
			*into = t
		}
	}}
}

// isTemplate reports errors in the template of a scalar. It does not quote values of variables.
func isTemplate(r *spec.Reader, path string, n *yaml.Node) bool {
	_, err := template.Parse(r.Text(n))
	if syntaxProblem(r, path, n, err) {
		return false
	}
	if _, err := template.Parse(n.Value); err != nil {
		r.Problem(n, path, ": found {{ in the value of %s; expected none, because values of variables are not templates", spec.Quote(r.Text(n)))
		return false
	}
	return true
}

// syntaxProblem reports a syntax error in a scalar at its position, and whether err is one.
func syntaxProblem(r *spec.Reader, path string, n *yaml.Node, err error) bool {
	var fault *template.SyntaxError
	if !errors.As(err, &fault) {
		return false
	}
	line, column := inText(r.Text(n), n, fault.Offset)
	r.ProblemIn(n, line, column, path, ": %s", spec.OneLine(fault.Message))
	return true
}

// inText returns the position of a byte of a scalar in its file; in a block scalar only the line.
func inText(text string, n *yaml.Node, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
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
func sizeText(into *string) spec.Value {
	return parsed(into, anyScalar.Expecting("bytes such as 128 or 4KiB, or a distribution such as uniform(100, 2KiB)"), func(s string) error {
		_, err := template.ParseSize(s)
		return err
	})
}

// pathInto reads a path into a reply.
func pathInto(into *string) spec.Value {
	return parsed(into, spec.Text.Expecting("a path into a reply, such as id or result.items[0].id"), func(s string) error {
		_, err := template.ParsePath(s)
		if err == nil && s == "" {
			return errors.New("empty")
		}
		return err
	})
}

// parsed reads text that parse accepts.
func parsed(into *string, k spec.Kind[string], parse func(string) error) spec.Value {
	return spec.Value{Shape: spec.Shape{Scalar: k.Allowed}, Read: func(r *spec.Reader, path string, n *yaml.Node) {
		s, ok := k.Scalar(r, path, n)
		if !ok {
			return
		}
		err := parse(s)
		switch {
		case err == nil:
			*into = s
		case r.FromVariable(n):
			r.Problem(n, path, ": the value of %s is invalid; expected %s", spec.Quote(r.Text(n)), k.Expected)
		case !syntaxProblem(r, path, n, err):
			r.Problem(n, path, ": found %s; expected %s", r.Describe(n), k.Expected)
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

func (m Message) String() string {
	what := "the template in " + m.At
	switch {
	case m.File != "" && m.Raw:
		what = "the file " + m.File
	case m.File != "":
		what = "the template in " + m.File
	}
	if m.Name != "" {
		what = m.Name + ", " + what
	}
	if m.Size != "" {
		what += fmt.Sprintf(" with %s bytes of {{.Body}}", m.Size)
	}
	return what
}
