package scenarios

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// loadStep is the place of the measured messages among the steps.
const loadStep = "load"

// stepWords are the steps, in the order of the manual.
var stepWords = []string{"authenticate", "subscribe", "send", "wait", "expect", "think", loadStep, "close"}

// steps reads the actions of a connection besides the measured messages.
func steps(o *Target) value {
	sh := shape{scalar: oneOf(loadStep, "close").allowed, fields: stepKeys(new(Step)), onlyList: true}
	return value{shape: sh, read: func(r *reader, path string, n *yaml.Node) {
		if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
			r.problem(n, "%s: found %s; expected steps such as [{send: hello}, load, {close: 1000}]", path, r.describe(n))
			return
		}
		loaded, closed := false, false
		for i, item := range n.Content {
			s, ok := oneStep(r, fmt.Sprintf("%s[%d]", path, i), item)
			switch {
			case !ok:
			case closed:
				r.problem(item, "%s: %s after close; expected close as the last step", path, s.Do)
			case s.Do == loadStep && loaded:
				r.problem(item, "%s: found load twice; expected it once, in place of the measured messages", path)
			case s.Do == loadStep:
				loaded = true
			case loaded:
				o.Closing = append(o.Closing, s)
			case s.Do == "close":
				r.problem(item, "%s: close before load; expected `- load` before it", path)
			default:
				o.Opening = append(o.Opening, s)
			}
			closed = closed || s.Do == "close"
		}
	}}
}

func stepKeys(s *Step) []field {
	said := func() value {
		v := templateText(&s.Text)
		return value{shape: shape{scalar: v.shape.scalar, fields: sendKeys(&s.Text)}, read: func(r *reader, path string, n *yaml.Node) {
			if n.Kind == yaml.MappingNode {
				r.mapping(path, n, sendKeys(&s.Text))
				return
			}
			v.read(r, path, n)
		}}
	}
	return []field{
		{"authenticate", said()},
		{"subscribe", said()},
		{"send", said()},
		{"wait", conditionOf(&s.Condition, &s.Within)},
		{"expect", conditionOf(&s.Condition, &s.Within)},
		{"think", one(&s.Pause, duration(0))},
		{"close", one(&s.Code, closeCode)},
	}
}

// sendKeys are the keys of a step that sends.
func sendKeys(into *string) []field {
	return []field{{"json", value{shape: shape{anything: true}, read: func(r *reader, path string, n *yaml.Node) { *into = r.json(path, n) }}}}
}

func oneStep(r *reader, path string, n *yaml.Node) (s Step, ok bool) {
	s = Step{Within: 10 * time.Second, Code: 1000, Line: n.Line, Column: n.Column}
	before := len(r.problems)
	switch {
	case n.Kind == yaml.ScalarNode && (n.Value == loadStep || n.Value == "close"):
		s.Do = n.Value
	case n.Kind != yaml.MappingNode:
		word := oneOf(stepWords...)
		hint := ""
		if n.Kind == yaml.ScalarNode && !isNull(n) {
			hint = stepHint(r, n)
		}
		r.problem(n, "%s: found %s; expected a step, %s%s", path, r.describe(n), word.expected, hint)
	case len(n.Content) != 2:
		r.problem(n, "%s: found %d keys; expected one per step: `- send: …`", path, len(n.Content)/2)
	default:
		r.mapping(path, n, stepKeys(&s))
		s.Do = n.Content[0].Value
	}
	return s, len(r.problems) == before
}

func stepHint(r *reader, n *yaml.Node) string {
	meant := nearestWord(r.text(n), stepWords)
	switch meant {
	case "":
		return "; did you mean {send: …}?"
	case loadStep, "close":
		return fmt.Sprintf("; did you mean %q?", meant)
	}
	return fmt.Sprintf("; did you mean {%s: …}?", meant)
}

// conditionKeys are the keys of a condition; within is nil for conditions without a timeout.
func conditionKeys(c *Condition, within *time.Duration) []field {
	given := func(v value, has *bool) value {
		return value{shape: v.shape, read: func(r *reader, path string, n *yaml.Node) {
			*has = true
			v.read(r, path, n)
		}}
	}
	fields := []field{
		{"field", pathInto(&c.Field)},
		{"is", given(one(&c.Is, anyScalar), &c.HasIs)},
		{"contains", given(one(&c.Contains, anyScalar), &c.HasContains)},
		{"matches", given(one(&c.Matches, expression), &c.HasMatches)},
	}
	if within != nil {
		fields = append(fields, field{"within", one(within, duration(time.Millisecond))})
	}
	return fields
}

var expression = kind[string]{
	expected: "a regular expression (RE2), such as ^ok", allowed: []limits{{Type: "string"}},
	parse: func(s string) (string, bool) {
		_, err := regexp.Compile(s)
		return s, err == nil && s != ""
	},
	hint: func(s string) string {
		_, err := regexp.Compile(s)
		if err == nil {
			return ""
		}
		return "; " + oneLine(strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	},
}

// conditionOf reads a condition: text that the message contains, or keys.
func conditionOf(c *Condition, within *time.Duration) value {
	fields := conditionKeys(c, within)
	return value{shape: shape{scalar: anyScalar.allowed, fields: fields}, read: func(r *reader, path string, n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			k := anyScalar
			k.expected = "text that the message contains, or keys such as {field: type, is: welcome}"
			if s, ok := k.scalar(r, path, n); ok {
				c.Contains, c.HasContains = s, true
			}
			return
		}
		before := len(r.problems)
		r.mapping(path, n, fields)
		if len(r.problems) == before && c.Field == "" && !c.HasIs && !c.HasContains && !c.HasMatches {
			r.problem(n, "%s: empty condition; expected field, is, contains or matches, such as {field: type, is: welcome}", path)
		}
	}}
}

// expecting reads the condition on replies.
func expecting(into **Condition) value {
	c := new(Condition)
	v := conditionOf(c, nil)
	return value{shape: v.shape, read: func(r *reader, path string, n *yaml.Node) {
		v.read(r, path, n)
		*into = c
	}}
}

// ignoring reads a condition, or a list of conditions, of messages that are not replies.
func ignoring(into *[]Condition) value {
	sh := conditionOf(new(Condition), nil).shape
	sh.many = true
	return value{shape: sh, read: func(r *reader, path string, n *yaml.Node) {
		one := func(path string, n *yaml.Node) {
			var c Condition
			conditionOf(&c, nil).read(r, path, n)
			*into = append(*into, c)
		}
		if n.Kind != yaml.SequenceNode {
			one(path, n)
			return
		}
		if len(n.Content) == 0 {
			r.problem(n, "%s: empty list; expected a condition such as {field: type, is: ping}", path)
		}
		for i, item := range n.Content {
			one(fmt.Sprintf("%s[%d]", path, i), item)
		}
	}}
}

// rowsKeys are the keys of rows.
func rowsKeys(into *Rows) []field {
	return []field{{"file", one(&into.File, fileName)}, {"per", one(&into.Per, oneOf("stream", "message"))}}
}

// rows reads a file name, or keys.
func rows(into *Rows) value {
	file := one(&into.File, fileName)
	sh := shape{scalar: file.shape.scalar, fields: rowsKeys(into), required: []string{"file"}}
	return value{shape: sh, read: func(r *reader, path string, n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			file.read(r, path, n)
			return
		}
		before := len(r.problems)
		r.mapping(path, n, rowsKeys(into))
		if len(r.problems) == before && !r.has(path+".file") {
			r.problem(n, "%s: missing file; expected its name, such as {file: users.csv, per: message}", path)
		}
	}}
}

// matchKeys are the keys of match.
func matchKeys(into *string) []field {
	return []field{{"field", pathInto(into)}, {"header", pathInto(into)}}
}

// matching reads how replies are correlated.
func matching(m *Match) value {
	words := oneOf("header", "order", "none")
	sh := shape{scalar: words.allowed, fields: matchKeys(&m.Field)}
	return value{shape: sh, read: func(r *reader, path string, n *yaml.Node) {
		switch {
		case n.Kind == yaml.ScalarNode && n.Value == "field":
			r.problem(n, "%s: field without a path; expected one, such as {field: id}", path)
		case n.Kind != yaml.MappingNode:
			k := words
			k.expected = "header, order, none, {field: PATH} or {header: PATH}"
			if by, ok := k.scalar(r, path, n); ok {
				m.By = by
			}
		case len(n.Content) != 2:
			r.problem(n, "%s: found %d keys; expected one of {field: PATH} and {header: PATH}", path, len(n.Content)/2)
		default:
			r.mapping(path, n, matchKeys(&m.Field))
			m.By = n.Content[0].Value
		}
	}}
}

// stamping reads the location of the server's time.
func stamping(s *Stamp) value {
	fields := []field{
		{"field", pathInto(&s.Field)},
		{"unit", one(&s.Unit, oneOf("ns", "us", "ms", "s", "rfc3339"))},
		{"bound", one(&s.Bound, duration(0))},
	}
	return value{shape: shape{fields: fields, required: []string{"field", "unit"}}, read: func(r *reader, path string, n *yaml.Node) {
		before := len(r.problems)
		r.mapping(path, n, fields)
		for _, key := range []string{"field", "unit"} {
			if len(r.problems) == before && !r.has(path+"."+key) {
				r.problem(n, "%s: missing %s; expected both field and unit, such as {field: ts, unit: ms}", path, key)
			}
		}
	}}
}

// stepsSay reports whether there is a step of one of the kinds.
func stepsSay(steps []Step, words ...string) bool {
	return slices.ContainsFunc(steps, func(s Step) bool { return slices.Contains(words, s.Do) })
}
