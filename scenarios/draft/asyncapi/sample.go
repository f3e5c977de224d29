package asyncapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/draft"
)

// A sampler writes a message as a template: from an example, or from the schema.
type sampler struct {
	doc     *document
	secrets *draft.Secrets
	// number is the path of the value that matches replies, and action its template.
	number, action string
	found          bool
	values         int
	within         []*yaml.Node // the schemas of objects around a value
}

// Limits of a sample.
const (
	mostValues = 300
	mostDepth  = 8
)

// message returns the template of a message.
func (s *sampler) message(m *message) (string, error) {
	payload, err := s.doc.payload(m)
	if err != nil {
		return "", err
	}
	if example := s.doc.example(m, payload); example != nil {
		return unquoted(s.example(example, "", 0)), nil
	}
	if format := s.doc.foreignFormat(m); format != nil {
		return "", s.doc.errorf(format, "schemaFormat: found %q; expected JSON Schema, or an example of the message", text(format))
	}
	out, err := s.schema(payload, "", "", 0)
	return unquoted(out), err
}

// unquoted returns a message that is only a string as its text.
func unquoted(message string) string {
	var s string
	if strings.HasPrefix(message, `"`) && json.Unmarshal([]byte(message), &s) == nil {
		return s
	}
	return message
}

// payload returns the schema of a message; nil if there is none.
func (doc *document) payload(m *message) (*yaml.Node, error) {
	n, err := doc.resolve(child(m.node, "payload"))
	if err == nil && child(n, "schemaFormat") != nil {
		return doc.resolve(child(n, "schema"))
	}
	return n, err
}

// foreignFormat returns the format of a schema that is not JSON Schema; nil otherwise.
func (doc *document) foreignFormat(m *message) *yaml.Node {
	for _, n := range []*yaml.Node{child(m.node, "schemaFormat"), child(child(m.node, "payload"), "schemaFormat")} {
		if v := strings.ToLower(text(n)); strings.Contains(v, "avro") || strings.Contains(v, "protobuf") || strings.Contains(v, "raml") || strings.Contains(v, "xml") {
			return n
		}
	}
	return nil
}

// example returns an example of a message; nil if there is none.
func (doc *document) example(m *message, payload *yaml.Node) *yaml.Node {
	for _, e := range items(child(m.node, "examples")) {
		if e, err := doc.resolve(e); err == nil && child(e, "payload") != nil {
			return child(e, "payload")
		}
	}
	if list := items(child(payload, "examples")); len(list) > 0 {
		return list[0]
	}
	return child(payload, "example")
}

// example returns a value of the document as JSON.
func (s *sampler) example(n *yaml.Node, path string, depth int) string {
	n = plain(n)
	if s.values++; n == nil || s.values > mostValues || depth > mostDepth {
		return "null"
	}
	switch n.Kind {
	case yaml.MappingNode:
		var parts []string
		for _, p := range pairs(n) {
			value := s.example(p.value, draft.Path(path, p.key.Value), depth+1)
			if p.value != nil && p.value.Kind == yaml.ScalarNode && draft.IsSecret(p.key.Value, p.value.Value) && draft.Path(path, p.key.Value) != s.number {
				value = `"` + s.secrets.Hide("MESSAGE", p.key.Value, p.value.Value) + `"`
			}
			parts = append(parts, quoted(p.key.Value)+":"+value)
		}
		return "{" + strings.Join(parts, ",") + "}"
	case yaml.SequenceNode:
		var parts []string
		for i, item := range items(n) {
			parts = append(parts, s.example(item, fmt.Sprintf("%s[%d]", path, i), depth+1))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	if path == s.number && path != "" {
		s.found = true
		if n.ShortTag() == "!!str" {
			return `"` + s.action + `"`
		}
		return s.action
	}
	return scalar(n)
}

// scalar returns a scalar of YAML as JSON, with escapes for templates.
func scalar(n *yaml.Node) string {
	switch n.ShortTag() {
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			return n.Value
		}
		var f float64
		if n.Decode(&f) == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return strconv.FormatFloat(f, 'g', -1, 64)
		}
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return strconv.FormatBool(b)
		}
	case "!!null":
		return "null"
	}
	return quoted(n.Value)
}

// quoted returns text as a JSON string in a template.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string
	return draft.Escape(strings.TrimSuffix(b.String(), "\n"))
}

// schema returns a value that a schema allows. name is its key.
func (s *sampler) schema(n *yaml.Node, path, name string, depth int) (string, error) {
	n, err := s.doc.resolve(n)
	if err != nil {
		return "", err
	}
	if s.values++; n == nil || s.values > mostValues || depth > mostDepth {
		return "null", nil
	}
	kind, err := s.doc.typeOf(n, seen{})
	if err != nil {
		return "", err
	}
	if path == s.number && path != "" {
		s.found = true
		if kind == "string" {
			return `"` + s.action + `"`, nil
		}
		return s.action, nil
	}
	if v := constant(n); v != nil && kind != "object" && kind != "array" {
		return s.example(v, path, depth), nil
	}
	if (kind == "string" || kind == "") && name != "" && draft.IsSecret(name, "secret") {
		return `"` + s.secrets.Hide("MESSAGE", name, "schema:"+path) + `"`, nil
	}
	switch kind {
	case "object":
		return s.object(n, path, depth)
	case "array":
		item, err := s.schema(child(n, "items"), path+"[0]", name, depth+1)
		return "[" + item + "]", err
	case "integer", "number":
		return numberOf(n), nil
	case "boolean":
		return "true", nil
	case "null":
		return "null", nil
	}
	return `"` + textOf(n) + `"`, nil
}

// constant returns a value that the schema names.
func constant(n *yaml.Node) *yaml.Node {
	for _, key := range []string{"const", "default", "example"} {
		if v := child(n, key); v != nil {
			return v
		}
	}
	for _, key := range []string{"enum", "examples"} {
		if list := items(child(n, key)); len(list) > 0 {
			return list[0]
		}
	}
	return nil
}

// object returns an object with the properties of a schema: all but the optional secrets.
func (s *sampler) object(n *yaml.Node, path string, depth int) (string, error) {
	list, required, err := s.doc.properties(n, seen{})
	if err != nil {
		return "", err
	}
	s.within = append(s.within, n)
	defer func() { s.within = s.within[:len(s.within)-1] }()
	var parts []string
	for _, p := range list {
		name := p.key.Value
		optional := !slices.Contains(required, name)
		if optional && (slices.Contains(s.within, p.value) || depth > mostDepth/2 || draft.IsSecret(name, "secret") || text(child(p.value, "readOnly")) == "true" || text(child(p.value, "deprecated")) == "true") {
			continue
		}
		value, err := s.schema(p.value, draft.Path(path, name), name, depth+1)
		if err != nil {
			return "", err
		}
		parts = append(parts, quoted(name)+":"+value)
	}
	return "{" + strings.Join(parts, ",") + "}", nil
}

// numberOf returns a random number within the bounds of a schema.
func numberOf(n *yaml.Node) string {
	low, high := bound(n, "minimum", 0), bound(n, "maximum", math.NaN())
	if math.IsNaN(high) {
		high = low + 100
	}
	if math.Abs(low) > 1e15 || math.Abs(high) > 1e15 || high < low {
		return "1"
	}
	return fmt.Sprintf("{{randomInt %d %d}}", int64(math.Ceil(low)), max(int64(math.Floor(high)), int64(math.Ceil(low)))+1)
}

func bound(n *yaml.Node, key string, otherwise float64) float64 {
	if f, err := strconv.ParseFloat(text(child(n, key)), 64); err == nil {
		return f
	}
	return otherwise
}

// textOf returns text that a schema allows, if it has no pattern.
func textOf(n *yaml.Node) string {
	switch text(child(n, "format")) {
	case "uuid":
		return "{{newUUID}}"
	case "date-time":
		return "{{.Timestamp}}"
	case "date":
		return "2026-01-31"
	case "email":
		return "user{{randomInt 1 1000}}@example.org"
	case "uri", "url":
		return "https://example.org/"
	}
	low, high := bound(n, "minLength", 12), bound(n, "maxLength", math.NaN())
	if math.IsNaN(high) {
		high = max(low, 12)
	}
	low = max(1, min(low, high, 1<<16))
	high = max(low, min(high, low+100))
	if low == high {
		return fmt.Sprintf("{{randomString %d}}", int(low))
	}
	return fmt.Sprintf("{{randomString %d %d}}", int(low), int(high))
}
