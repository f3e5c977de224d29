package scenarios

import (
	"slices"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/spec"
	"rtbench/scenarios/template"
)

// Capture names a value of a reply: templates use it as {{.NAME}}.
type Capture struct {
	Name string
	Path string // into the reply
}

// captures reads names with paths.
func (s *Step) captures() spec.Value {
	return spec.Value{Shape: spec.Shape{Texts: true}, Read: func(r *spec.Reader, path string, n *yaml.Node) {
		if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
			r.Problem(n, path, ": found %s; expected names with paths into the reply, such as {session: reply.session_id}", r.Describe(n))
			return
		}
		for _, p := range spec.Pairs(n) {
			c := Capture{Name: p.Key.Value}
			at := path + "." + c.Name
			if err := template.CheckName(c.Name); err != nil {
				r.Problem(p.Key, path, ": %s", spec.OneLine(err.Error()))
				continue
			}
			if slices.ContainsFunc(s.Captures, func(other Capture) bool { return other.Name == c.Name }) {
				r.Problem(p.Key, path, ": found %s twice; expected it once", c.Name)
				continue
			}
			r.Note(at, p.Key, p.Value)
			pathInto(&c.Path).Read(r, at, p.Value)
			s.Captures = append(s.Captures, c)
		}
	}}
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

// Captured returns the names of captured values, each once, in the order of the steps.
func (t *Target) Captured() []string { return captured(t.Opening) }

// checkCaptures reports values that are used before they are captured, or never.
func (s *Scenario) checkCaptures(r *spec.Reader) {
	t := s.Custom
	all := t.Captured()
	for i, step := range t.Opening {
		checkCaptured(r, step.Key+"."+step.Do, step.Text, captured(t.Opening[:i]), all)
	}
	for _, step := range t.Closing {
		checkCaptured(r, step.Key+"."+step.Do, step.Text, all, nil)
	}
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
	if !anyFile(t) {
		for _, step := range t.Opening {
			for _, c := range step.Captures {
				if !t.usesAction(c.Name) {
					r.At(step.Key+".capture."+c.Name, ": captured and never used; expected {{.%s}} in a later step or message", c.Name)
				}
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
