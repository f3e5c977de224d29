package scenarios

import (
	"encoding/json"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/spec"
	"rtbench/scenarios/template"
)

// numbers are the actions with a number as their value, which JSON has without quotes.
var numbers = []string{"RequestNumber", "Seq", "Stream", "WorkerID", "TimestampUnix", "TimestampUnixMilli", "TimestampUnixNano", "randomInt"}

// jsonText reads a YAML node as JSON, in order. A text with a single numeric action has no quotes.
func jsonText(into *string) spec.Value {
	return spec.Value{Shape: spec.Shape{Anything: true}, Read: func(r *spec.Reader, path string, n *yaml.Node) {
		var b strings.Builder
		if appendJSON(r, &b, path, n) {
			*into = b.String()
		}
	}}
}

func appendJSON(r *spec.Reader, b *strings.Builder, path string, n *yaml.Node) (good bool) {
	switch n.Kind {
	case yaml.SequenceNode:
		return appendItems(r, b, path, n)
	case yaml.MappingNode:
		return appendPairs(r, b, path, n)
	case yaml.AliasNode:
		return false // reported by refuse
	}
	switch n.ShortTag() {
	case "!!null":
		b.WriteString("null")
	case "!!bool", "!!int", "!!float":
		b.WriteString(plainJSON(n))
	default:
		if r.Broken(n) || !isTemplate(r, path, n) {
			return false
		}
		b.WriteString(textJSON(n.Value))
	}
	return true
}

func appendItems(r *spec.Reader, b *strings.Builder, path string, n *yaml.Node) bool {
	good := true
	b.WriteByte('[')
	for i, item := range n.Content {
		if i > 0 {
			b.WriteByte(',')
		}
		good = appendJSON(r, b, path, item) && good
	}
	b.WriteByte(']')
	return good
}

func appendPairs(r *spec.Reader, b *strings.Builder, path string, n *yaml.Node) bool {
	good := true
	seen := map[string]bool{}
	b.WriteByte('{')
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || seen[key.Value] {
			r.Problem(key, path, ": found %s as a key, twice or not a string; expected unique string keys", spec.Describe(key))
			return false
		}
		seen[key.Value] = true
		if i > 0 {
			b.WriteByte(',')
		}
		good = isTemplate(r, path, key) && good
		b.WriteString(quotedJSON(key.Value))
		b.WriteByte(':')
		good = appendJSON(r, b, path, n.Content[i+1]) && good
	}
	b.WriteByte('}')
	return good
}

// plainJSON returns a number or boolean as written if JSON allows it, else as a string.
func plainJSON(n *yaml.Node) string {
	if json.Valid([]byte(n.Value)) {
		return n.Value
	}
	var v any
	if n.Decode(&v) == nil {
		if out, err := json.Marshal(v); err == nil {
			return string(out)
		}
	}
	return quotedJSON(n.Value)
}

func textJSON(s string) string {
	parts, _ := template.Parse(s)
	if len(parts) == 1 && parts[0].Action != nil && slices.Contains(numbers, parts[0].Action.Name()) {
		return s
	}
	return quotedJSON(s)
}

// quotedJSON quotes text, except template actions.
func quotedJSON(s string) string { return `"` + template.EscapeText(s) + `"` }
