package scenarios

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

const schemaComment = "Generated from the table of keys of rtbench/scenarios: do not edit. A value may hold environment " +
	"variables, ${NAME} or ${NAME:-default}; what a file includes may give what is required here."

const about = "A Scenario describes a benchmark: its cells are all combinations of the keys that have a list (axes). " +
	"Each cell runs the given number of repetitions, each on fresh servers."

// generateSchema generates the schema from the table of keys.
func generateSchema(t *testing.T) []byte {
	t.Helper()
	root := mappingSchema(t, schema(), false)
	for _, k := range new(Target).keys(nil) { // null removes an included key
		p := root.Properties[k.Name]
		description := p.Description
		p.Description = ""
		root.Properties[k.Name] = anyOf([]*jsonschema.Schema{p, {Type: "null"}})
		root.Properties[k.Name].Description = description
	}
	root.Schema, root.ID = "https://json-schema.org/draft/2020-12/schema", "urn:rtbench:scenario:1"
	root.Title, root.Comment, root.Description = "A scenario of rtbench", schemaComment, about
	root.Defs = map[string]*jsonschema.Schema{"variable": {Type: "string", Pattern: `\$\{`, Description: "An environment variable, ${NAME} or ${NAME:-default}."}}
	root.AllOf = []*jsonschema.Schema{{
		If: &jsonschema.Schema{Not: &jsonschema.Schema{Required: []string{"include"}}}, Then: wholeSchema(),
	}}
	b, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

// wholeSchema holds the requirements on files without include.
func wholeSchema() *jsonschema.Schema {
	no := &jsonschema.Schema{Not: &jsonschema.Schema{}}
	words := []any{"closed", []any{"closed"}}
	isCustom := []*jsonschema.Schema{
		{Required: []string{"target"}, Properties: map[string]*jsonschema.Schema{"target": {Type: "object"}}},
		{Required: []string{"target"}, Properties: map[string]*jsonschema.Schema{"target": {Type: "string", Pattern: `^([a-z]+://[^/?#]*(/[^?#]|/?\?)|tcp://)`}}},
		{Required: []string{"api"}, Properties: map[string]*jsonschema.Schema{"api": {Enum: []any{cell.Custom}}}},
	}
	for _, f := range new(Target).keys(nil) {
		isCustom = append(isCustom, &jsonschema.Schema{Required: []string{f.Name}})
	}
	paced := &jsonschema.Schema{
		Properties: map[string]*jsonschema.Schema{
			"pattern": {Enum: []any{"push", []any{"push"}}},
		},
		AnyOf: isCustom,
	}
	return &jsonschema.Schema{
		Required: []string{"name"},
		If:       &jsonschema.Schema{Not: &jsonschema.Schema{Required: []string{"groups"}}},
		Then:     withoutGroups(paced, no, words),
	}
}

// withoutGroups holds the requirements on files in which all connections carry the same traffic.
func withoutGroups(paced, no *jsonschema.Schema, words []any) *jsonschema.Schema {
	return &jsonschema.Schema{
		Required: []string{"pattern"},
		If:       paced,
		Then: &jsonschema.Schema{Properties: map[string]*jsonschema.Schema{"load": {
			Properties: map[string]*jsonschema.Schema{"model": no, "rate": no, "arrivals": no, "stages": no, "think": no},
		}}},
		Else: loadSchema(no, words),
	}
}

// loadSchema describes loads with a pace set by the client.
func loadSchema(no *jsonschema.Schema, words []any) *jsonschema.Schema {
	return &jsonschema.Schema{
		Required: []string{"load"},
		Properties: map[string]*jsonschema.Schema{"load": {
			If:   &jsonschema.Schema{Required: []string{"model"}, Properties: map[string]*jsonschema.Schema{"model": {Enum: words}}},
			Then: &jsonschema.Schema{Properties: map[string]*jsonschema.Schema{"rate": no, "arrivals": no, "stages": no}},
			Else: &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
				{Required: []string{"model"}, Properties: map[string]*jsonschema.Schema{"model": {Ref: "#/$defs/variable"}}},
				{Required: []string{"rate"}, Properties: map[string]*jsonschema.Schema{"think": no}},
			}},
		}},
	}
}

// mappingSchema returns the schema of a mapping.
func mappingSchema(t *testing.T, keys []spec.Key, required bool) *jsonschema.Schema {
	t.Helper()
	s := &jsonschema.Schema{
		Type: "object", Properties: map[string]*jsonschema.Schema{},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for _, k := range keys {
		if k.Required != "" && required {
			s.Required = append(s.Required, k.Name)
		}
		p := valueSchema(t, k.Value.Shape)
		if p.Description = k.Doc; p.Description == "" {
			t.Errorf("key %s has no documentation", k.Name)
		}
		s.Properties[k.Name] = p
		s.PropertyOrder = append(s.PropertyOrder, k.Name)
	}
	return s
}

func valueSchema(t *testing.T, sh spec.Shape) *jsonschema.Schema {
	t.Helper()
	if sh.Anything {
		return &jsonschema.Schema{}
	}
	var either []*jsonschema.Schema
	if sh.Named {
		return namedSchema(t, sh.Keys)
	}
	for _, l := range sh.Scalar {
		either = append(either, scalarSchema(l))
	}
	if plain := len(either) == 1 && either[0].Type == "string" && either[0].Pattern == ""; len(either) > 0 && !plain {
		either = append(either, &jsonschema.Schema{Ref: "#/$defs/variable"})
	}
	if sh.Keys != nil {
		either = append(either, mappingSchema(t, sh.Keys, true))
	}
	if sh.Texts {
		text := &jsonschema.Schema{Types: []string{"string", "number", "boolean"}}
		texts := &jsonschema.Schema{Type: "array", Items: text, MinItems: new(1)}
		pairs := &jsonschema.Schema{Type: "object", AdditionalProperties: anyOf([]*jsonschema.Schema{text, texts})}
		either = append(either, pairs, &jsonschema.Schema{Type: "array", Items: pairs, MinItems: new(1)})
	}
	if sh.Each != nil {
		either = append(either, &jsonschema.Schema{Type: "object", AdditionalProperties: valueSchema(t, *sh.Each)})
	}
	one := anyOf(either)
	many := &jsonschema.Schema{Type: "array", Items: one, MinItems: new(1), UniqueItems: sh.List}
	switch {
	case sh.OnlyList:
		return many
	case sh.List, sh.Many:
		return anyOf(append(either, many))
	}
	return one
}

func anyOf(list []*jsonschema.Schema) *jsonschema.Schema {
	if len(list) == 1 {
		return list[0]
	}
	return &jsonschema.Schema{AnyOf: list}
}

func scalarSchema(l spec.Limits) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: l.Type, Pattern: l.Pattern, Minimum: l.Least, Maximum: l.Most}
	for _, word := range l.Enum {
		s.Enum = append(s.Enum, word)
	}
	return s
}

// namedSchema returns the schema of profiles or groups by name, whose keys refer to those of the
// scenario.
func namedSchema(t *testing.T, keys []spec.Key) *jsonschema.Schema {
	t.Helper()
	one := &jsonschema.Schema{
		Type: "object", Properties: map[string]*jsonschema.Schema{}, AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for _, f := range keys {
		one.Properties[f.Name] = &jsonschema.Schema{Ref: "#/properties/" + f.Name}
		if f.Name == "deliver" { // of groups only
			one.Properties[f.Name] = valueSchema(t, f.Value.Shape)
			one.Properties[f.Name].Description = f.Doc
		}
		one.PropertyOrder = append(one.PropertyOrder, f.Name)
	}
	s := &jsonschema.Schema{Type: "object", AdditionalProperties: one, PropertyNames: &jsonschema.Schema{Pattern: nameText.Allowed[0].Pattern}}
	if !slices.ContainsFunc(keys, func(k spec.Key) bool { return k.Name == "pattern" }) { // profiles, of which three are built in
		s.Properties = map[string]*jsonschema.Schema{"quick": one, "ci": one, "release": one} // for completion
	}
	return s
}
