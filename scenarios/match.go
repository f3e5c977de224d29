package scenarios

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/spec"
	"rtbench/scenarios/template"
)

// Match selects how replies are correlated with messages.
type Match struct {
	By    string // header, field, order or none
	Field string // path of the header or of the field
	After string // regular expression that matches up to the field, instead of its path
}

const pathAlso = "path jsonpath json_path key" // synonyms of field

const matchDoc = "Path into the reply, such as result.id or items[0].id. For field: the path of {{.RequestNumber}} or {{.UUID}}; with pattern push, of the server's consecutive number. For header: the path of the header; default: the whole reply. Over gRPC, {{.RequestNumber}} starts at 1 for field, because proto3 omits 0; a message without the field is not a reply."

func (m *Match) value() spec.Value {
	by := func(name string) func() { return func() { m.By = name } }
	words := spec.One(&m.By, spec.OneOf("header", "order", "none").Expecting("header, order, none, {field: PATH}, {after: REGEX} or {header: PATH}"))
	read := words.Read
	words.Read = func(r *spec.Reader, path string, n *yaml.Node) {
		if n.Kind == yaml.ScalarNode && n.Value == "field" {
			r.Problem(n, path, ": field without a path; expected one, such as {field: id}")
			return
		}
		read(r, path, n)
	}
	return spec.Either("", words, spec.OneKey("expected one of {field: PATH}, {after: REGEX} and {header: PATH}", spec.Mapping(spec.Shape{
		Keys: []spec.Key{
			{Name: "field", Also: pathAlso, Value: spec.Then(pathInto(&m.Field), by("field")), Doc: matchDoc},
			{Name: "after", Also: "regex prefix", Value: spec.Then(spec.One(&m.After, expression), by("field")), Doc: "Regular expression (RE2) that matches up to the value, in replies that are not JSON: ^43 for the 12 in 4312[\"ok\"]. Otherwise as field."},
			{Name: "header", Value: spec.Then(pathInto(&m.Field), by("header")), Doc: matchDoc},
		},
		Unknown: func(key, _ *yaml.Node) string {
			return fmt.Sprintf("unknown key %s in match; expected one of field, after, header; did you mean {field: %s}?", spec.Quote(key.Value), spec.Shorten(key.Value))
		},
	})))
}

// matchNode is the spec.Flag.Node of --match.
func matchNode(value string, _ func(string) string) (*yaml.Node, error) {
	by, path, hasPath := strings.Cut(value, ":")
	switch {
	case hasPath && (by == "field" || by == "header"):
		return spec.MapNode(by, spec.TextNode(path)), nil
	case hasPath || !slices.Contains([]string{"header", "order", "none"}, by):
		return nil, fmt.Errorf(" %s: expected header, order, none, field:PATH or header:PATH", by)
	}
	return spec.TextNode(by), nil
}

// Stamp locates the server's time in a message.
type Stamp struct {
	Field string // path of the time; empty if messages have none
	Unit  string // ns, us, ms or s since 1970, or rfc3339
	// Bound is the maximum offset between the two clocks; 0: the same clock; negative: unknown.
	Bound time.Duration
}

var stampUnits = []string{"ns", "us", "ms", "s", "rfc3339"}

func (s *Stamp) value() spec.Value {
	const both = "both field and unit, such as {field: ts, unit: ms}"
	return spec.Section(
		spec.Key{Name: "field", Also: pathAlso, Value: pathInto(&s.Field), Required: both, Doc: "Path of the time, such as ts."},
		spec.Key{Name: "unit", Value: spec.One(&s.Unit, spec.OneOf(stampUnits...)), Required: both, Doc: "ns, us, ms or s since 1970, or rfc3339."},
		spec.Key{
			Name: "bound", Also: "error uncertainty skew offset", Value: spec.One(&s.Bound, spec.Duration(0)),
			Doc: "Maximum offset between the two clocks. Default: 0 for loopback addresses, else unknown.",
		},
	)
}

// stampNode is the spec.Flag.Node of --stamp: PATH:UNIT[:BOUND]; the path may contain colons.
func stampNode(value string, _ func(string) string) (*yaml.Node, error) {
	parts := strings.Split(value, ":")
	last := len(parts) - 1
	if last == 0 {
		return nil, fmt.Errorf(" %s: expected PATH:UNIT, such as ts:ms, with ns, us, ms, s or rfc3339", value)
	}
	bound := ""
	if last > 1 && slices.Contains(stampUnits, parts[last-1]) && !slices.Contains(stampUnits, parts[last]) {
		bound = parts[last]
		last--
	}
	n := spec.MapNode("field", spec.TextNode(strings.Join(parts[:last], ":")))
	n.Content = append(n.Content, spec.MapNode("unit", spec.TextNode(parts[last])).Content...)
	if bound != "" {
		n.Content = append(n.Content, spec.MapNode("bound", spec.TextNode(bound)).Content...)
	}
	return n, nil
}

// Condition is a predicate on a message: all given parts must hold.
type Condition struct {
	Field        string  // path of the value; empty: the whole message
	Is, Contains *string // templates; nil: not given
	Matches      string  // regular expression (RE2); empty: not given
	Key          string  // its place among the keys, such as ignore[1]
}

// value reads a condition: text that the message contains, or keys. within is nil for conditions
// without a timeout.
func (c *Condition) value(within *time.Duration) spec.Value {
	keys := []spec.Key{
		{Name: "field", Also: pathAlso, Value: pathInto(&c.Field), Doc: "Path of a value, such as type or result.ok; alone, the value must exist. Default: the whole message."},
		{Name: "is", Also: "equals equal eq value ==", Value: matchText(&c.Is, anyScalar), Doc: "The value must equal this text: a template whose values are constant on a stream, such as {{.session}} that a step captured."},
		{Name: "contains", Also: "includes include has", Value: matchText(&c.Contains, anyScalar), Doc: "The value must contain this text, a template like that of is."},
		{Name: "matches", Also: "regex regexp match re pattern", Value: spec.One(&c.Matches, expression), Doc: "The value must match this regular expression (RE2)."},
	}
	if within != nil {
		keys = append(keys, spec.Key{Name: "within", Also: "timeout deadline", Value: spec.One(within, spec.Duration(time.Millisecond)), Doc: "Timeout of wait and expect. Default 10s."})
	}
	const expected = "text that the message contains, or keys such as {field: type, is: welcome}"
	v := spec.Either("", matchText(&c.Contains, anyScalar.Expecting(expected)), spec.If(spec.Section(keys...), func(r *spec.Reader, path string, n *yaml.Node) {
		if *c == (Condition{}) {
			r.Problem(n, path, ": empty condition; expected field, is, contains or matches, such as {field: type, is: welcome}")
		}
	}))
	read := v.Read
	v.Read = func(r *spec.Reader, path string, n *yaml.Node) {
		if !r.Has(path) {
			r.Note(path, n, n) // an element of a list
		}
		read(r, path, n)
		c.Key = path
	}
	return v
}

// matchText reads the text of a condition.
func matchText(into **string, k spec.Kind[string]) spec.Value {
	return spec.Value{Shape: spec.Shape{Scalar: k.Allowed}, Read: func(r *spec.Reader, path string, n *yaml.Node) {
		text, ok := k.Scalar(r, path, n)
		if !ok || !isTemplate(r, path, n) {
			return
		}
		*into = &text
		if p := varying(text); p.Action != nil {
			line, column := inText(r.Text(n), n, p.Offset)
			r.ProblemIn(n, line, column, path, ": {{%s}} in a condition; expected a captured value, {{.Row.NAME}}, {{.Stream}} or {{.Room}}, which are constant on a stream", p.Action.Name())
		}
	}}
}

// varying returns the first action in a template whose value is not constant on a stream.
func varying(text string) template.Part {
	parts, _ := template.Parse(text)
	for _, p := range parts {
		if p.Action != nil && !p.Action.Captured() && !slices.Contains(constantActions, p.Action.Name()) {
			return p
		}
	}
	return template.Part{}
}

// constantActions are the actions whose values are constant on a stream.
var constantActions = []string{"Row", "Stream", "WorkerID", "Room"}

// texts returns the templates of the condition with their keys.
func (c *Condition) texts() map[string]string {
	all := map[string]string{}
	if c.Is != nil {
		all[c.Key+".is"] = *c.Is
	}
	if c.Contains != nil {
		all[c.Key+".contains"] = *c.Contains
	}
	return all
}

var expression = spec.Kind[string]{
	Expected: "a regular expression (RE2), such as ^ok", Allowed: []spec.Limits{{Type: "string"}},
	Parse: func(s string) (string, bool) {
		_, err := regexp.Compile(s)
		return s, err == nil && s != "" && !hasAction(s)
	},
	Hint: func(s string) string {
		_, err := regexp.Compile(s)
		if err == nil && hasAction(s) {
			return ", without {{…}}; use is or contains for templates"
		}
		if err == nil {
			return ""
		}
		return "; " + spec.OneLine(strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	},
}

// hasAction reports whether text is a template with an action.
func hasAction(text string) bool {
	parts, err := template.Parse(text)
	return err == nil && slices.ContainsFunc(parts, func(p template.Part) bool { return p.Action != nil })
}
