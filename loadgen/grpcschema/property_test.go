package grpcschema_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"rtbench/scenarios/template"
)

// A pair is a template and the JSON that it expands to.
type pair struct{ template, json string }

func same(text string) pair { return pair{text, text} }

// drawMessage draws a message of any type whose fields may contain actions.
func drawMessage(t *rapid.T, md protoreflect.MessageDescriptor, v *template.Values, depth int) pair {
	var members []pair
	oneof := false
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		chosen := fd.ContainingOneof() != nil && !fd.ContainingOneof().IsSynthetic()
		if rapid.IntRange(0, 4).Draw(t, "take") > 0 || chosen && oneof || fd.Message() != nil && !fd.IsMap() && depth > 1 {
			continue
		}
		oneof = oneof || chosen
		var p pair
		switch {
		case fd.IsMap():
			p = drawMap(t, fd, v, depth)
		case fd.IsList():
			var items []pair
			for range rapid.IntRange(0, 3).Draw(t, "items") {
				items = append(items, drawValue(t, fd, v, depth))
			}
			p = joined("[", items, "]")
		default:
			p = drawValue(t, fd, v, depth)
		}
		name := fd.JSONName()
		if rapid.Bool().Draw(t, "text name") {
			name = fd.TextName()
		}
		members = append(members, pair{quote(name) + ": " + p.template, quote(name) + ": " + p.json})
	}
	return joined("{", members, "}")
}

func joined(open string, items []pair, end string) pair {
	var templates, jsons []string
	for _, p := range items {
		templates = append(templates, p.template)
		jsons = append(jsons, p.json)
	}
	// Separates the } of an action from that of an object.
	return pair{open + strings.Join(templates, ",") + " " + end, open + strings.Join(jsons, ",") + end}
}

func drawMap(t *rapid.T, fd protoreflect.FieldDescriptor, v *template.Values, depth int) pair {
	if fd.MapValue().Message() != nil && depth > 1 {
		return same("{}")
	}
	var entries []pair
	for i := range rapid.IntRange(0, 3).Draw(t, "entries") {
		key := same(quote(strconv.Itoa(i)))
		switch {
		case fd.MapKey().Kind() == protoreflect.BoolKind && i > 1:
			continue
		case fd.MapKey().Kind() == protoreflect.BoolKind:
			key = same(quote(strconv.FormatBool(i == 0)))
		case i == 0 && rapid.Bool().Draw(t, "dynamic key"):
			key = pair{`"{{.Stream}}"`, quote(strconv.Itoa(int(v.Stream)))}
		}
		p := drawValue(t, fd.MapValue(), v, depth)
		entries = append(entries, pair{key.template + ":" + p.template, key.json + ":" + p.json})
	}
	return joined("{", entries, "}")
}

func drawValue(t *rapid.T, fd protoreflect.FieldDescriptor, v *template.Values, depth int) pair {
	dynamic := rapid.Bool().Draw(t, "dynamic")
	number := pair{`{{.RequestNumber}}`, strconv.FormatUint(v.Number, 10)}
	if rapid.Bool().Draw(t, "quoted") {
		number.template = `"` + number.template + `"`
	}
	switch fd.Kind() {
	case protoreflect.MessageKind:
		return drawKnown(t, fd.Message(), v, depth)
	case protoreflect.StringKind:
		s := rapid.String().Draw(t, "text")
		s = strings.ReplaceAll(s, "{", "") // two of them start an action
		if !dynamic {
			return same(quote(s))
		}
		q := quote(s)
		return pair{q[:len(q)-1] + `{{.Seq}}|{{.Header}}"`, q[:len(q)-1] + fmt.Sprintf(`%d|%s"`, v.Seq, v.Header())}
	case protoreflect.BytesKind:
		if dynamic {
			return pair{`"{{.Header}}"`, quote(base64.StdEncoding.EncodeToString(v.Header()))}
		}
		return same(quote(base64.StdEncoding.EncodeToString(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))))
	case protoreflect.BoolKind:
		if dynamic {
			return pair{`"{{.Row.bool}}"`, strconv.FormatBool(v.Number%2 == 0)}
		}
		return same(strconv.FormatBool(rapid.Bool().Draw(t, "bool")))
	case protoreflect.EnumKind:
		if dynamic {
			return pair{`{{.Row.enum}}`, []string{`"DEEP"`, `17`}[v.Number%2]}
		}
		return same(rapid.SampledFrom([]string{`"RED"`, "0", `"DEEP"`, "99"}).Draw(t, "enum"))
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		if dynamic {
			return pair{`{{.Row.float}}`, []string{"-0.25", "1e-30"}[v.Number%2]}
		}
		return same(strconv.FormatFloat(float64(rapid.Float32Range(-1e30, 1e30).Draw(t, "float")), 'g', -1, 64))
	}
	if dynamic {
		return number
	}
	return same(strconv.Itoa(rapid.IntRange(0, math.MaxInt32).Draw(t, "int")))
}

// drawKnown draws a message; google.protobuf types have special forms.
func drawKnown(t *rapid.T, md protoreflect.MessageDescriptor, v *template.Values, depth int) pair {
	seq := strconv.FormatUint(v.Seq, 10)
	switch md.Name() {
	case "Timestamp":
		return rapid.SampledFrom([]pair{same(`"2026-01-01T00:00:00.5Z"`), {`"{{.Timestamp}}"`, `"2023-11-14T22:13:20Z"`}}).Draw(t, "time")
	case "Duration":
		return same(`"-1.25s"`)
	case "StringValue":
		return pair{`"a{{.Seq}}"`, `"a` + seq + `"`}
	case "Int64Value":
		return pair{`{{.Seq}}`, seq}
	case "BoolValue":
		return same("false")
	case "Struct":
		return rapid.SampledFrom([]pair{same(`{"a": {}}`), {`{"a": [{{.Seq}}], "b": "{{.Seq}}" }`, `{"a": [` + seq + `], "b": "` + seq + `"}`}}).Draw(t, "struct")
	case "Value":
		return rapid.SampledFrom([]pair{same("null"), same("true"), {`[{{.Seq}}, null]`, `[` + seq + `, null]`}}).Draw(t, "value")
	case "ListValue":
		return pair{`["x", {{.Seq}}]`, `["x", ` + seq + `]`}
	case "Any":
		return same(`{"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1s"}`)
	}
	return drawMessage(t, md, v, depth+1)
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// A compiled template appends the bytes that the library produces from the expanded JSON.
func TestCompileMatchesLibrary(t *testing.T) {
	t.Parallel()
	m := rich(t, "Ask")
	o := rowsOf(t, "bool,enum,float\ntrue,DEEP,-0.25\nfalse,17,1e-30\n")
	rapid.Check(t, func(t *rapid.T) {
		v := values(uint64(rapid.IntRange(0, math.MaxInt32).Draw(t, "number")))
		v.Seq = uint64(rapid.IntRange(0, 1<<40).Draw(t, "seq"))
		header := []byte(strings.Repeat("h", rapid.SampledFrom([]int{0, 1, 64, 130, 20_000}).Draw(t, "header")))
		v.Header = func() []byte { return header }
		p := drawMessage(t, m.Input, v, 0)
		f, err := m.Compile(p.template, o)
		if err != nil {
			t.Fatalf("%v\n%s", err, p.template)
		}
		expected, got := dynamicpb.NewMessage(m.Input), dynamicpb.NewMessage(m.Input)
		if err := protojson.Unmarshal([]byte(p.json), expected); err != nil {
			t.Fatalf("the test's JSON: %v\n%s", err, p.json)
		}
		if err := proto.Unmarshal(f.Append(nil, v), got); err != nil {
			t.Fatalf("%v\n%s", err, p.template)
		}
		if !proto.Equal(expected, got) {
			t.Fatalf("of %s\ngot  %s\nwant %s", p.template, protojson.Format(got), protojson.Format(expected))
		}
	})
}

// No text makes the compiler panic or produces invalid protobuf. Text without actions gives the
// same bytes as the library.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a_string": "x{{.Seq}}"}`, `{"labels": {"a": "b"}, "numbers": [1, {{.Seq}}]}`, `{"nested": {"at": "2026-01-01T00:00:00Z"}}`,
		`{"structure": {"a": [1, {{.Seq}}, null]}, "any_value": null}`, `{"by_sint": {"-1": 1e3}, "text": "ä\ud83d\ude00"}`, `[`, `{"a_bytes": "{{newUUID}}"}`,
	} {
		f.Add(seed)
	}
	m := rich(f, "Ask")
	f.Fuzz(func(t *testing.T, text string) {
		format, err := m.Compile(text, template.Options{})
		if err != nil {
			return
		}
		b := format.Append(nil, values(1))
		if err := proto.Unmarshal(b, dynamicpb.NewMessage(m.Input)); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if !strings.Contains(text, "{{") && !strings.Contains(text, "@type") {
			checkSame(t, m, b, text)
		}
	})
}
