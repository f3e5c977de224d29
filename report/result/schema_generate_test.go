package result

import (
	"encoding"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

const schemaComment = "Generated from the types of rtbench/report/result; do not edit. Unknown properties are allowed, " +
	"so that files with fields added within a version validate. Fields whose names end in _ns are " +
	"integer nanoseconds, and so are the values of histograms."

// generateSchema returns the schema of a Result. $defs holds each type of this package, described by
// its doc comment.
func generateSchema(t *testing.T) []byte {
	t.Helper()
	docs := docComments(t)
	defs := map[string]*jsonschema.Schema{}
	define(t, reflect.TypeFor[Result](), docs, defs)
	root := defs["Result"]
	delete(defs, "Result")
	version := any(Version)
	root.Properties["version"] = &jsonschema.Schema{Const: &version, Description: "The version of the file format."}
	root.Schema, root.ID = "https://json-schema.org/draft/2020-12/schema", "urn:rtbench:result:1"
	root.Title, root.Comment, root.Defs = "A stored result of rtbench", schemaComment, defs
	b, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

// leaves are the types with a JSON form of their own.
var leaves = map[reflect.Type]*jsonschema.Schema{
	reflect.TypeFor[time.Time]():     {Type: "string", Format: "date-time"},
	reflect.TypeFor[time.Duration](): {Type: "integer"},
	reflect.TypeFor[Word]():          {Type: "string", Enum: []any{ServerFailed, NotGenerated, Limited, TooLittleData, Good}},
	reflect.TypeFor[Histogram]():     {Type: "string", ContentEncoding: "base64"},
	reflect.TypeFor[Pause]():         {Type: "string"},
	reflect.TypeFor[Stay]():          {Type: "string"},
}

// define adds typ and every struct that it contains to defs.
func define(t *testing.T, typ reflect.Type, docs map[string]string, defs map[string]*jsonschema.Schema) {
	t.Helper()
	known := map[reflect.Type]*jsonschema.Schema{}
	for leaf, s := range leaves {
		known[leaf] = s
	}
	var held []reflect.Type
	for _, f := range reflect.VisibleFields(typ) {
		inner := element(f.Type)
		if _, leaf := leaves[inner]; leaf || inner.Kind() != reflect.Struct || f.Tag.Get("json") == "-" {
			continue
		}
		if f.Anonymous || !strings.HasPrefix(inner.PkgPath(), "rtbench/") || inner.Implements(reflect.TypeFor[json.Marshaler]()) || inner.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
			t.Fatalf("%s.%s: add its JSON form to leaves", typ.Name(), f.Name)
		}
		known[inner] = &jsonschema.Schema{Ref: "#/$defs/" + inner.Name()}
		held = append(held, inner)
	}
	s, err := jsonschema.ForType(typ, &jsonschema.ForOptions{TypeSchemas: known})
	if err != nil {
		t.Fatal(err)
	}
	s.Description, s.AdditionalProperties = docs[typ.Name()], nil
	for _, f := range reflect.VisibleFields(typ) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if p := s.Properties[name]; p != nil {
			p.Description = docs[typ.Name()+"."+f.Name]
			if p.Description == "" && p.Ref == "" {
				p.Description = docs[f.Type.Name()]
			}
			withoutNull(p)
		}
	}
	defs[typ.Name()] = s
	for _, h := range held {
		if defs[h.Name()] == nil {
			define(t, h, docs, defs)
		}
	}
}

// withoutNull disallows null for pointers, because Decode rejects it.
func withoutNull(s *jsonschema.Schema) {
	for ; s != nil; s = s.Items {
		if s.Ref != "" {
			s.Type, s.Types = "", nil
		}
	}
}

func element(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return t
}

// docComments returns the comments of the package's types, by Type, and their fields, by Type.Field,
// each as one line.
func docComments(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "../../scenarios/cell/config.go", "../../scenarios/cell/stage.go", "../../scenarios/cell/overload.go", "../../scenarios/cell/trace.go", "../../scenarios/cell/event.go", "../../scenarios/cell/reconnect.go", "../../scenarios/cell/join.go")
	docs := map[string]string{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if decl, ok := n.(*ast.GenDecl); ok && decl.Tok == token.TYPE {
				for _, spec := range decl.Specs {
					typeComments(decl, spec.(*ast.TypeSpec), docs)
				}
			}
			return true
		})
	}
	return docs
}

func typeComments(decl *ast.GenDecl, typ *ast.TypeSpec, docs map[string]string) {
	docs[typ.Name.Name] = oneLine(decl.Doc, typ.Doc)
	st, ok := typ.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range st.Fields.List {
		for _, name := range f.Names {
			docs[typ.Name.Name+"."+name.Name] = oneLine(f.Doc, f.Comment)
		}
	}
}

func oneLine(groups ...*ast.CommentGroup) string {
	var words []string
	for _, g := range groups {
		words = append(words, strings.Fields(g.Text())...)
	}
	return strings.Join(words, " ")
}
