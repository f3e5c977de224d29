package scenarios

import (
	"slices"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/spec"
	"rtbench/scenarios/template"
)

// A Value is a text that templates use as {{.NAME}}, which may be a template.
type Value struct{ Name, Text string }

// values reads names with texts. One without a text must be given by the scenario that includes this one.
func (t *Target) values() spec.Value {
	return spec.Value{Shape: spec.Shape{Texts: true}, Read: eachName("names with texts, such as {topic: lobby}", func(r *spec.Reader, path, name string, n *yaml.Node) {
		v := Value{Name: name}
		if spec.IsNull(n) {
			r.Problem(n, path, " has no text; expected one, such as `values: {%s: TEXT}` in the scenario that includes this file", name)
		} else {
			templateText(&v.Text).Read(r, path, n)
		}
		t.Values = append(t.Values, v)
	})}
}

// eachName reads a mapping whose keys are names for templates, each once, and passes on its values with their paths.
func eachName(expected string, pass func(r *spec.Reader, path, name string, n *yaml.Node)) func(*spec.Reader, string, *yaml.Node) {
	return func(r *spec.Reader, path string, n *yaml.Node) {
		if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
			r.Problem(n, path, ": found %s; expected %s", r.Describe(n), expected)
			return
		}
		given := map[string]bool{}
		for _, p := range spec.Pairs(n) {
			name := p.Key.Value
			if err := template.CheckName(name); err != nil {
				r.Problem(p.Key, path, ": %s", spec.OneLine(err.Error()))
				continue
			}
			if given[name] {
				r.Problem(p.Key, path, ": found %s twice; expected it once", name)
				continue
			}
			given[name] = true
			at := path + "." + name
			r.Note(at, p.Key, p.Value)
			pass(r, at, name, p.Value)
		}
	}
}

// Expand replaces the values in a template.
func (t *Target) Expand(text string) string {
	if len(t.Values) == 0 {
		return text
	}
	texts, values := map[string]string{}, map[string]string{}
	for _, v := range t.Values {
		texts[v.Name] = v.Text
	}
	for _, v := range t.Values {
		values[v.Name] = template.Expand(v.Text, texts)
	}
	return template.Expand(text, values)
}

// expandValues replaces values in all templates.
func (s *Scenario) expandValues(r *spec.Reader) {
	t := s.Custom
	var all []*string
	for i := range t.Messages {
		all = append(all, &t.Messages[i].Text)
	}
	for _, steps := range [][]Step{t.Opening, t.Closing} {
		for i := range steps {
			all = append(all, &steps[i].Text)
		}
	}
	for i := range t.Answers {
		all = append(all, &t.Answers[i].Text)
	}
	for _, e := range t.Endpoints {
		all = append(all, e.texts()...)
	}
	all = append(all, &t.Heartbeat.Text)
	for _, c := range t.conditions() {
		for _, text := range []*string{c.Is, c.Contains} {
			if text != nil {
				all = append(all, text)
			}
		}
	}
	for i := range t.Values {
		all = append(all, &t.Values[i].Text)
	}
	for _, v := range t.Values {
		used := func(text *string) bool { return uses(*text, v.Name) }
		at := "values." + v.Name
		switch {
		case slices.Contains(t.Captured(), v.Name):
			r.At(at, ": a step captures a value of that name; expected another name")
		case s.Group != "": // another group may use it
		case v.Text != "" && !slices.ContainsFunc(all, used) && !anyFile(t) && !r.Included(at):
			r.At(at, ": nothing uses it; expected {{.%s}} in a step or message%s", v.Name, spec.Nearest(v.Name, t.included(r)...))
		}
	}
	for _, text := range all[:len(all)-len(t.Values)] {
		*text = t.Expand(*text)
	}
	for _, c := range t.conditions() {
		for _, text := range c.texts() {
			if p := varying(text); p.Action != nil {
				r.At(c.Key, ": a value with {{%s}} in a condition; expected values that are constant on a stream", p.Action.Name())
			}
		}
	}
}

// included returns the names of the values that included files give.
func (t *Target) included(r *spec.Reader) (names []string) {
	for _, v := range t.Values {
		if r.Included("values." + v.Name) {
			names = append(names, v.Name)
		}
	}
	return names
}
