package scenarios

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"rtbench/internal/golden"
	"rtbench/scenarios/spec"
)

func TestSchemaIsUpToDate(t *testing.T) {
	golden.Check(t, SchemaName, generateSchema(t))
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(generateSchema(t)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("s.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("s.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON returns a scenario as editors see it; ok is false if it is not valid YAML.
func asJSON(t *testing.T, text []byte) (doc any, ok bool) {
	t.Helper()
	r := spec.NewReader("f")
	root := r.Document(0, text, &spec.Variables{Lookup: func(name string) (string, bool) { return "${" + name + "}", true }})
	if root == nil || len(r.Problems) > 0 {
		return nil, false
	}
	b, err := json.Marshal(plain(root))
	if err != nil {
		return nil, false
	}
	if doc, err = jsonschema.UnmarshalJSON(bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	return doc, true
}

// plain decodes a node as YAML 1.2, with dates as text.
func plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			out[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return out
	case yaml.SequenceNode:
		out := []any{}
		for _, item := range n.Content {
			out = append(out, plain(item))
		}
		return out
	case yaml.AliasNode:
		return nil
	}
	switch n.ShortTag() {
	case "!!int", "!!float", "!!bool", "!!null":
		var v any
		if n.Decode(&v) == nil {
			return v
		}
	}
	return n.Value
}

func TestSchemaTakesWhatParseTakes(t *testing.T) {
	s := compiledSchema(t)
	texts := map[string][]byte{"the reference": Reference()}
	for _, name := range Names() {
		texts[name], _ = Builtin(name)
	}
	for what, text := range map[string]string{
		"lists":         "{name: a, pattern: [echo], load: {rate: [1k/s, 2.5k/s], connections: [1, 2]}, tls: [true, false]}",
		"closed loop":   "{name: a, pattern: echo, load: {model: closed, think: [0s, 1ms, exponential(1.5ms), \"uniform(0, 1m30s)\"]}, payload: {size: [64, 4KiB, 4 KB, \"128\"]}}",
		"no unit":       "{name: a, pattern: echo, load: {rate: 0.5/s}, phases: {warmup: 0, drain: 1h30m}}",
		"variables":     "{name: a, pattern: \"${P:-echo}\", load: {rate: \"${R:-1k/s}\", connections: \"${C:-3}\"}, tls: \"${T:-false}\"}",
		"include":       "{include: echo, name: mine}",
		"includes":      "{include: [echo, push], name: mine, load: {connections: 3}}",
		"profiles":      "{name: a, pattern: echo, load: {rate: 1k/s}, profiles: {ci: {repetitions: 2, load: {rate: 2k/s}}, mine: {thresholds: lost == 0}}}",
		"thresholds":    "{name: a, pattern: echo, load: {rate: 1k/s}, thresholds: {condition: p(99) < 5ms, window: 1s, abort: true}}",
		"custom URL":    "{name: a, target: \"wss://example.org/ws?room=1\", pattern: echo, load: {rate: 1/s}}",
		"custom pairs":  "{name: a, target: {sse: \"https://h/\", headers: {X-A: [1, b], X-B: c}, cookies: [{a: \"${V}\"}], query: [{a: [1, 2], b: 3}, {a: 4}]}, pattern: push}",
		"custom push":   "{name: a, target: {sse: \"https://example.org/events\"}, pattern: push, stamp: {field: ts, unit: ms}}",
		"custom closed": "{name: a, target: {tcp: {url: \"tcp://h:7\", frames: length}}, pattern: echo, messages: [a, a, {json: [1, {a: null}]}], expect: ok, load: {model: closed}}",
	} {
		texts[what] = []byte(text)
	}
	texts["custom"] = customText(t)
	for what, text := range texts {
		o := Options{}
		if strings.HasPrefix(what, "custom") { // their secrets come from variables
			o.Lookup = func(string) (string, bool) { return "x", true }
		}
		if _, err := ParseWith("f", text, o); err != nil {
			t.Errorf("%s: Parse: %v", what, err)
		}
		doc, _ := asJSON(t, text)
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// customText returns a scenario with all keys of custom targets.
func customText(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/custom.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// beyondSchema lists invalid scenarios that no schema can reject, with the reason.
var beyondSchema = map[string]string{
	"stack-missing": "depends on the protocols",
	"matrix":        "a product", "stages": "a sum", "streams": "a product, and protocols against streams",
	"both-loops":      "the list [open, closed] is right by itself",
	"guide-push":      "a key against another",
	"custom-together": "keys against others",
	"quic-cleartext":  "a key depends on the value of another",
	"duplicate-keys":  "JSON has none", "second-document": "each document is looked at by itself",
}

func TestSchemaRefusesWhatParseRefuses(t *testing.T) {
	s := compiledSchema(t)
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		doc, ok := asJSON(t, text)
		if !ok {
			continue // not YAML
		}
		_, beyond := beyondSchema[name]
		err = s.Validate(doc)
		if err != nil {
			refused++
		}
		if (err != nil) == beyond {
			t.Errorf("%s: beyond a schema %v, the schema says %v", name, beyond, err)
		}
	}
	if refused < 10 {
		t.Errorf("only %d refused", refused)
	}
}
