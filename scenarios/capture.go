package scenarios

import (
	"slices"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/spec"
	"rtbench/scenarios/template"
)

// Capture names a value of a reply, or of the response that opened the stream: templates use it as {{.NAME}}.
type Capture struct {
	Name   string
	Path   string // into the reply; empty for a header
	Header string // name of a field of the response, or of gRPC metadata
}

// headerName is the name of a header, or of gRPC metadata.
var headerName = spec.Pattern("the name of a header such as X-Session", `^[A-Za-z0-9!#$%&'*+.^_|~-]{1,200}$`)

// value reads a path, or the name of a header.
func (c *Capture) value() spec.Value {
	return spec.Either("", pathInto(&c.Path), spec.Section(spec.Key{
		Name: "header", Also: "headers metadata response_header", Value: spec.One(&c.Header, headerName), Required: "its name, such as {header: X-Session}",
		Doc: "Name of a header of the response that opened the stream: of the WebSocket handshake, of the event stream, or the metadata of the gRPC call.",
	}))
}

// captures reads names with paths.
func (s *Step) captures() spec.Value {
	each := new(Capture).value().Shape
	const expected = "names with paths into the reply or with headers, such as {session: reply.session_id} or {session: {header: X-Session}}"
	return spec.Value{Shape: spec.Shape{Each: &each}, Read: eachName(expected, func(r *spec.Reader, path, name string, n *yaml.Node) {
		c := Capture{Name: name}
		c.value().Read(r, path, n)
		s.Captures = append(s.Captures, c)
	})}
}

// captured returns the names of captured values, each once, in the order of the steps.
func captured(steps []Step) (names []string) {
	for _, s := range steps {
		for _, c := range s.Captures {
			if !slices.Contains(names, c.Name) {
				names = append(names, c.Name)
			}
		}
	}
	return names
}

// ReadsReply reports whether the step captures from a reply.
func (s *Step) ReadsReply() bool {
	return slices.ContainsFunc(s.Captures, func(c Capture) bool { return c.Header == "" })
}

// Captured returns the names of captured values, each once, in the order of the steps.
func (t *Target) Captured() []string { return captured(t.Opening) }

// checkCaptures reports values that are used before they are captured, or never.
func (s *Scenario) checkCaptures(r *spec.Reader) {
	t := s.Custom
	all := t.Captured()
	for i, step := range t.Opening {
		checkCaptured(r, step.Key+"."+step.Do, step.Text, captured(t.Opening[:i]), all)
		step.Condition.checkCaptured(r, captured(t.Opening[:i]), all)
		step.checkHeaders(r, t.protocols())
	}
	for _, step := range t.Closing {
		checkCaptured(r, step.Key+"."+step.Do, step.Text, all, nil)
		step.Condition.checkCaptured(r, all, nil)
	}
	t.checkConditions(r, all)
	for _, m := range t.Messages {
		checkCaptured(r, m.Key, m.Text, all, nil)
		if s.paced() && usesCaptured(m.Text) {
			r.At(m.Key, ": a captured value with pattern push; expected none, because the message opens the call, before steps")
		}
	}
	for _, protocol := range t.protocols() {
		at, body := "target."+protocol+".body", t.Endpoints[protocol].Body
		if i := slices.IndexFunc(all, func(name string) bool { return uses(body, name) }); i >= 0 {
			r.At(at, ": {{.%s}} in the body, which is sent before steps capture it; expected it in messages or a later step", all[i])
			continue
		}
		checkCaptured(r, at, body, nil, nil)
	}
	t.checkUnused(r)
}

// checkConditions reports values in conditions that are not known there.
func (t *Target) checkConditions(r *spec.Reader, captured []string) {
	for i := range t.Ignore {
		t.Ignore[i].checkCaptured(r, captured, nil)
	}
	for _, c := range []*Condition{t.Expect, t.End} {
		if c != nil {
			c.checkCaptured(r, captured, nil)
		}
	}
	for i := range t.Answers {
		t.Answers[i].To.checkCaptured(r, captured, nil)
	}
	if t.Rows.Per != "message" {
		return
	}
	for _, c := range t.conditions() {
		for _, text := range c.texts() {
			if uses(text, "Row") {
				r.At(c.Key, ": {{.Row.NAME}} in a condition with rows per message; expected `per: stream`, because a condition is constant on a stream")
			}
		}
	}
}

// checkUnused reports captured values that nothing uses.
func (t *Target) checkUnused(r *spec.Reader) {
	if anyFile(t) {
		return
	}
	for _, step := range t.Opening {
		for _, c := range step.Captures {
			if !t.usesAction(c.Name) {
				r.At(step.Key+".capture."+c.Name, ": captured and never used; expected {{.%s}} in a later step, message or condition", c.Name)
			}
		}
	}
}

// checkCaptured reports captured values in the condition that are not known there.
func (c *Condition) checkCaptured(r *spec.Reader, known, later []string) {
	for key, text := range c.texts() {
		if r.Value(key) == nil { // the condition is a text
			key = c.Key
		}
		checkCaptured(r, key, text, known, later)
	}
}

// checkHeaders reports captures of a header over protocols that have none.
func (s *Step) checkHeaders(r *spec.Reader, protocols []string) {
	for _, c := range s.Captures {
		for _, name := range protocols {
			if c.Header != "" && (name == "tcp" || name == "mqtt") {
				r.At(s.Key+".capture."+c.Name+".header", " over %s, which has no response header; expected a path into a reply, such as {%s: reply.%s}", name, c.Name, c.Name)
			}
		}
	}
}

// checkCaptured reports captured values in the template at a key that are not known there.
func checkCaptured(r *spec.Reader, key, text string, known, later []string) {
	parts, err := template.Parse(text)
	if err == nil {
		err = template.CheckCaptured(parts, known, later)
	}
	if err == nil {
		return
	}
	n := r.Value(key + ".text")
	if n == nil {
		n = r.Value(key)
	}
	switch {
	case n == nil:
		r.At(key, ": %s", spec.OneLine(err.Error()))
	case n.Kind != yaml.ScalarNode || n.Value != text || !syntaxProblem(r, key, n, err):
		r.Problem(n, key, ": %s", spec.OneLine(err.Error()))
	}
}

func usesCaptured(text string) bool {
	parts, _ := template.Parse(text)
	return slices.ContainsFunc(parts, func(p template.Part) bool { return p.Action != nil && p.Action.Captured() })
}
