package target

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rtbench/loadgen/grpcschema"
	"rtbench/loadgen/script"
	"rtbench/scenarios"
	"rtbench/scenarios/template"
)

// checkMatchable checks that messages from files hold the value by which replies are matched.
func (b *scriptBuilder) checkMatchable(s *script.Script) error {
	need := map[string][]string{"field": {"RequestNumber", "UUID"}, "header": {"Header"}}[b.scenario.Custom.Match.By]
	for i, f := range s.Messages {
		t, ok := f.(*template.Template)
		if !ok || len(need) == 0 || b.cell.Model == "server" {
			continue
		}
		if !slices.ContainsFunc(need, t.Uses) {
			return fmt.Errorf("messages[%d]: no {{.%s}} in the message; match: %s needs it to find the reply",
				i, strings.Join(need, "}} or {{."), b.scenario.Custom.Match.By)
		}
	}
	return nil
}

// setMatching fills in the matching of replies.
func (b *scriptBuilder) setMatching(s *script.Script) (err error) {
	t := b.scenario.Custom
	s.Match = map[string]script.MatchBy{"header": script.MatchHeader, "field": script.MatchField, "order": script.MatchOrder, "none": script.MatchNone}[t.Match.By]
	if t.Match.After != "" {
		if s.Field, err = template.After(t.Match.After); err != nil {
			return fmt.Errorf("%s: %w", b.scenario.KeyAt("match.after"), err)
		}
	}
	if t.Match.Field != "" {
		if s.Field, err = b.presentField(t.Match.Field, "match"); err != nil {
			return err
		}
		if b.method != nil && s.Match == script.MatchField {
			s.FirstNumber = 1 // proto3 omits the number 0
			if s.FieldOrZero, err = b.field(t.Match.Field, "match"); err != nil {
				return err
			}
		}
	}
	if t.Stamp.Field != "" {
		if s.Stamp.Field, err = b.presentField(t.Stamp.Field, "stamp.field"); err != nil {
			return err
		}
		s.Stamp.Text = t.Stamp.Field
		s.Stamp.Unit = map[string]time.Duration{
			"ns": time.Nanosecond, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second,
		}[t.Stamp.Unit]
	}
	// An echo of our message is one record.
	s.Records = b.method == nil && t.Records != "whole" && (s.Match != script.MatchHeader || s.Field != nil)
	s.Items, s.RecordEnd = s.Records && pathsStartAtObjects(t), []byte(t.RecordEnd)
	for _, c := range t.Ignore {
		ignore, err := b.condition(c, "ignore")
		if err != nil {
			return err
		}
		s.Ignore = append(s.Ignore, *ignore)
	}
	if t.Expect != nil {
		if s.Expect, err = b.condition(*t.Expect, "expect"); err != nil {
			return err
		}
	}
	return b.setAnswers(s)
}

// setAnswers fills in how answers end.
func (b *scriptBuilder) setAnswers(s *script.Script) (err error) {
	t := b.scenario.Custom
	if t.End != nil {
		if s.End, err = b.condition(*t.End, "end"); err != nil {
			return err
		}
	}
	if t.TokenCount != "" {
		s.Count, err = b.presentField(t.TokenCount, "token_count")
	}
	return err
}

// pathsStartAtObjects reports whether the scenario's paths show that messages are objects: a path
// of match, stamp or expect starts with a key, and none starts with an index.
func pathsStartAtObjects(t *scenarios.Target) bool {
	measured := []string{t.Match.Field, t.Stamp.Field}
	if t.Expect != nil {
		measured = append(measured, t.Expect.Field)
	}
	var others []string
	for _, c := range t.Ignore {
		others = append(others, c.Field)
	}
	for _, step := range slices.Concat(t.Opening, t.Closing) {
		others = append(others, step.Condition.Field)
	}
	return slices.ContainsFunc(measured, func(path string) bool { return startsWith(path, false) }) &&
		!slices.ContainsFunc(slices.Concat(measured, others), func(path string) bool { return startsWith(path, true) })
}

// startsWith reports whether path starts with an index, or with a key.
func startsWith(path string, index bool) bool {
	p, err := template.ParsePath(path)
	return err == nil && len(p.Parts()) > 0 && p.Parts()[0].IsIndex == index
}

// field compiles a path into a maker of finders. Over gRPC it finds a field that proto3 omitted
// as zero.
func (b *scriptBuilder) field(path, key string) (func() template.Field, error) {
	return b.compilePath(path, key, (*grpcschema.Method).Field)
}

// presentField is field, but does not find omitted fields.
func (b *scriptBuilder) presentField(path, key string) (func() template.Field, error) {
	return b.compilePath(path, key, (*grpcschema.Method).PresentField)
}

func (b *scriptBuilder) compilePath(path, key string, find func(*grpcschema.Method, template.Path) (func() template.Field, error)) (func() template.Field, error) {
	p, err := template.ParsePath(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.scenario.KeyAt(key), err)
	}
	if b.method != nil {
		fields, err := find(b.method, p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.scenario.KeyAt(key), err)
		}
		return fields, nil
	}
	return p.JSON, nil
}

func (b *scriptBuilder) condition(c scenarios.Condition, key string) (*script.Condition, error) {
	out := &script.Condition{}
	var err error
	if c.Field != "" {
		if out.Field, err = b.field(c.Field, key+".field"); err != nil {
			return nil, err
		}
	}
	if b.method != nil && (c.Field == "" || c.Field == "$" || c.Field == "$.") { // as it is shown
		out.Field = b.method.Text
	}
	var text []string
	if c.Is != nil {
		text = append(text, fmt.Sprintf("is %q", *c.Is))
	}
	if c.Contains != nil {
		text = append(text, fmt.Sprintf("contains %q", *c.Contains))
	}
	if c.Matches != "" {
		text = append(text, fmt.Sprintf("matches %q", c.Matches))
	}
	if err = b.setPredicate(out, c); err != nil {
		return nil, fmt.Errorf("%s: %w", b.scenario.KeyAt(key), err)
	}
	out.Text = strings.TrimSpace(c.Field + " " + strings.Join(text, " and "))
	if len(text) == 0 {
		out.Text = c.Field + " is present"
	}
	return out, nil
}

// setPredicate compiles the predicate of a condition.
func (b *scriptBuilder) setPredicate(out *script.Condition, c scenarios.Condition) (err error) {
	is, err := b.conditionText(c.Is)
	if err != nil {
		return err
	}
	contains, err := b.conditionText(c.Contains)
	if err != nil {
		return err
	}
	if !is.varies() && !contains.varies() {
		out.Holds, err = template.Matches(is.on(nil), contains.on(nil), c.Matches)
		return err
	}
	if _, err := template.Matches(nil, nil, c.Matches); err != nil {
		return err
	}
	out.On = func(v *template.Values) func([]byte) bool {
		if !is.filled(v) || !contains.filled(v) {
			return nil
		}
		holds, _ := template.Matches(is.on(v), contains.on(v), c.Matches) // the expression was compiled before
		return holds
	}
	return nil
}

// A conditionText is the text of a condition; nil: there is none.
type conditionText struct{ *template.Template }

func (b *scriptBuilder) conditionText(text *string) (t conditionText, err error) {
	if text != nil {
		t.Template, err = template.Compile(*text, template.Options{Rows: b.rows, Captured: b.captured})
	}
	return t, err
}

// varies reports whether the text depends on the stream.
func (t conditionText) varies() bool { return t.Template != nil && t.HasActions() }

// filled reports whether all values in the text are captured.
func (t conditionText) filled(v *template.Values) bool { return t.Template == nil || t.Filled(v) }

// on returns the text on a stream; nil: there is none.
func (t conditionText) on(v *template.Values) *string {
	if t.Template == nil {
		return nil
	}
	text := string(t.Append(nil, v))
	return &text
}
