package scenarios

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
)

const schemaComment = "Generated from the types and the table of rtbench/scenarios: do not edit. A value may hold environment " +
	"variables, ${NAME} or ${NAME:-default}; what a file includes may give what is required here."

// generateSchema generates the schema from the table of keys; the doc comment of a field describes
// its key.
func generateSchema(t *testing.T) []byte {
	t.Helper()
	g := generator{t: t, docs: docComments(t)}
	root := g.mapping(reflect.TypeFor[Scenario](), defaults().schema(), nil)
	root.Schema, root.ID = "https://json-schema.org/draft/2020-12/schema", "urn:rtbench:scenario:1"
	root.Title, root.Comment, root.Description = "A scenario of rtbench", schemaComment, g.docs["Scenario"]
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
		{Required: []string{"api"}, Properties: map[string]*jsonschema.Schema{"api": {Enum: []any{custom}}}},
	}
	for _, f := range new(Target).keys() {
		isCustom = append(isCustom, &jsonschema.Schema{Required: []string{f.name}})
	}
	paced := &jsonschema.Schema{
		Properties: map[string]*jsonschema.Schema{
			"pattern": {Enum: []any{"push", []any{"push"}}},
		},
		AnyOf: isCustom,
	}
	return &jsonschema.Schema{
		Required: []string{"name", "pattern"},
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

type generator struct {
	t    *testing.T
	docs map[string]string
}

// fieldNamed maps keys to fields with another name.
var fieldNamed = map[string]string{
	"target": "Address", "server_name": "ServerName", "Message.json": "Text", "Match.header": "Field",
	"Step.authenticate": "Do", "Step.subscribe": "Do", "Step.send": "Do", "Step.wait": "Do", "Step.expect": "Do", "Step.think": "Do", "Step.close": "Do",
	"Target.steps": "Opening",
}

// typeNamed maps keys to types other than that of their field.
var typeNamed = map[string]reflect.Type{
	"Scenario.target": reflect.TypeFor[Target](), "Step.wait": reflect.TypeFor[Condition](), "Step.expect": reflect.TypeFor[Condition](),
	"Step.authenticate": reflect.TypeFor[Message](), "Step.subscribe": reflect.TypeFor[Message](), "Step.send": reflect.TypeFor[Message](),
}

// fieldOf returns the field of a key and the name of its type. Keys that Scenario does not have
// belong to Target; protocols are its endpoints.
func fieldOf(typ reflect.Type, key string) (in string, into reflect.StructField, ok bool) {
	name := fieldNamed[typ.Name()+"."+key]
	if name == "" {
		name = fieldNamed[key]
	}
	into, ok = typ.FieldByNameFunc(func(n string) bool { return n == name || name == "" && strings.EqualFold(n, key) })
	switch {
	case ok:
		return typ.Name(), into, true
	case typ == reflect.TypeFor[Scenario]():
		return fieldOf(reflect.TypeFor[Target](), key)
	case typ == reflect.TypeFor[Target]() && urlSpecOf(key).protocol != "":
		into, _ = typ.FieldByName("Endpoints")
		into.Type = reflect.TypeFor[Endpoint]()
		return "Target", into, true
	case typ == reflect.TypeFor[Condition]() && key == "within":
		return fieldOf(reflect.TypeFor[Step](), key)
	}
	return "", into, false
}

// mapping returns the schema of a mapping.
func (g generator) mapping(typ reflect.Type, fields []field, required []string) *jsonschema.Schema {
	g.t.Helper()
	s := &jsonschema.Schema{
		Type: "object", Required: required, Properties: map[string]*jsonschema.Schema{},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for _, f := range fields {
		in, into, ok := fieldOf(typ, f.name)
		if !ok {
			g.t.Fatalf("%s has no field for key %s", typ.Name(), f.name)
		}
		filled := into.Type
		if other := typeNamed[typ.Name()+"."+f.name]; other != nil {
			filled = other
		}
		p := g.value(filled, f.value.shape)
		if p.Description = g.docs[in+"."+into.Name]; p.Description == "" {
			g.t.Errorf("%s.%s has no comment, so that key %s has no manual", typ.Name(), into.Name, f.name)
		}
		s.Properties[f.name] = p
		s.PropertyOrder = append(s.PropertyOrder, f.name)
	}
	return s
}

func (g generator) value(typ reflect.Type, sh shape) *jsonschema.Schema {
	for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if sh.anything {
		return &jsonschema.Schema{}
	}
	var either []*jsonschema.Schema
	if sh.named {
		return g.profiles(sh.fields)
	}
	for _, l := range sh.scalar {
		either = append(either, scalarSchema(l))
	}
	if plain := len(either) == 1 && either[0].Type == "string" && either[0].Pattern == ""; len(either) > 0 && !plain {
		either = append(either, &jsonschema.Schema{Ref: "#/$defs/variable"})
	}
	if sh.fields != nil {
		either = append(either, g.mapping(typ, sh.fields, sh.required))
	}
	if sh.texts {
		text := &jsonschema.Schema{Types: []string{"string", "number", "boolean"}}
		texts := &jsonschema.Schema{Type: "array", Items: text, MinItems: new(1)}
		pairs := &jsonschema.Schema{Type: "object", AdditionalProperties: anyOf([]*jsonschema.Schema{text, texts})}
		either = append(either, pairs, &jsonschema.Schema{Type: "array", Items: pairs, MinItems: new(1)})
	}
	one := anyOf(either)
	many := &jsonschema.Schema{Type: "array", Items: one, MinItems: new(1), UniqueItems: sh.list}
	switch {
	case sh.onlyList:
		return many
	case sh.list, sh.many:
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

func scalarSchema(l limits) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: l.Type, Pattern: l.Pattern, Minimum: l.Least, Maximum: l.Most}
	for _, word := range l.Enum {
		s.Enum = append(s.Enum, word)
	}
	return s
}

// profiles refer to the keys of the scenario.
func (g generator) profiles(fields []field) *jsonschema.Schema {
	profile := &jsonschema.Schema{
		Type: "object", Properties: map[string]*jsonschema.Schema{}, AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for _, f := range fields {
		profile.Properties[f.name] = &jsonschema.Schema{Ref: "#/properties/" + f.name}
		profile.PropertyOrder = append(profile.PropertyOrder, f.name)
	}
	return &jsonschema.Schema{
		Type: "object", AdditionalProperties: profile, PropertyNames: &jsonschema.Schema{Pattern: nameText.allowed[0].Pattern},
		Properties: map[string]*jsonschema.Schema{"quick": profile, "ci": profile, "release": profile}, // for completion
	}
}

// docComments returns the comments of types and of their fields (as Type.Field), each on one line,
// without the part that starts with "In Go".
func docComments(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "cell/config.go")
	docs := map[string]string{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if decl, ok := d.(*ast.GenDecl); ok && decl.Tok == token.TYPE {
				for _, spec := range decl.Specs {
					typeComments(decl, spec.(*ast.TypeSpec), docs)
				}
			}
		}
	}
	return docs
}

func typeComments(decl *ast.GenDecl, typ *ast.TypeSpec, docs map[string]string) {
	docs[typ.Name.Name] = manual(decl.Doc, typ.Doc)
	if st, ok := typ.Type.(*ast.StructType); ok {
		for _, f := range st.Fields.List {
			for _, name := range f.Names {
				docs[typ.Name.Name+"."+name.Name] = manual(f.Doc, f.Comment)
			}
		}
	}
}

func manual(groups ...*ast.CommentGroup) string {
	var text []string
	for _, g := range groups {
		text = append(text, strings.Fields(g.Text())...)
	}
	words, _, _ := strings.Cut(strings.Join(text, " "), " In Go")
	return words
}
