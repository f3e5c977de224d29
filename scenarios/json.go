package scenarios

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/template"
)

// numbers are the actions that stand for a number, so that JSON has it without quotes.
var numbers = []string{"RequestNumber", "Seq", "Stream", "WorkerID", "TimestampUnix", "TimestampUnixMilli", "TimestampUnixNano", "randomInt"}

// json is keys and values of YAML as JSON, in the order that they are written in. A text
// that is one action for a number stands there without quotes.
func (r *reader) json(path string, n *yaml.Node) string {
	var b strings.Builder
	if !r.appendJSON(&b, path, n) {
		return ""
	}
	return b.String()
}

func (r *reader) appendJSON(b *strings.Builder, path string, n *yaml.Node) (good bool) {
	switch n.Kind {
	case yaml.SequenceNode:
		return r.appendItems(b, path, n)
	case yaml.MappingNode:
		return r.appendPairs(b, path, n)
	case yaml.AliasNode:
		return false // which has been told
	}
	switch n.ShortTag() {
	case "!!null":
		b.WriteString("null")
	case "!!bool", "!!int", "!!float":
		b.WriteString(plainJSON(n))
	default:
		if r.broken[n] || !r.isTemplate(path, n) {
			return false
		}
		b.WriteString(textJSON(n.Value))
	}
	return true
}

func (r *reader) appendItems(b *strings.Builder, path string, n *yaml.Node) bool {
	good := true
	b.WriteByte('[')
	for i, item := range n.Content {
		if i > 0 {
			b.WriteByte(',')
		}
		good = r.appendJSON(b, path, item) && good
	}
	b.WriteByte(']')
	return good
}

func (r *reader) appendPairs(b *strings.Builder, path string, n *yaml.Node) bool {
	good := true
	seen := map[string]bool{}
	b.WriteByte('{')
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || seen[key.Value] {
			r.problem(key, "%s: found %s as a key, twice or no text; expected each key once, as JSON has it", path, describe(key))
			return false
		}
		seen[key.Value] = true
		if i > 0 {
			b.WriteByte(',')
		}
		good = r.isTemplate(path, key) && good
		b.WriteString(quotedJSON(key.Value))
		b.WriteByte(':')
		good = r.appendJSON(b, path, n.Content[i+1]) && good
	}
	b.WriteByte('}')
	return good
}

// plainJSON is a number or a boolean: as written where JSON has it so, else as a text.
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

// quotedJSON is a text in quotes. What stands between {{ and }} stays as it is.
func quotedJSON(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	parts, err := template.Parse(s)
	at := 0 // up to where s is written
	for _, p := range parts {
		b.WriteString(s[at:p.Offset])
		at = p.Offset
		if p.Action == nil && !strings.HasPrefix(s[at:], "{{") {
			b.WriteString(escaped(p.Literal))
			at += len(p.Literal)
		}
	}
	if err == nil {
		b.WriteString(s[at:])
	} else {
		b.WriteString(escaped(s))
	}
	b.WriteByte('"')
	return b.String()
}

// escaped is a text as it stands between the quotes of JSON.
func escaped(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		return ""
	}
	text := strings.TrimSuffix(b.String(), "\n")
	return text[1 : len(text)-1]
}
