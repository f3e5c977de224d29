package grpcschema_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"rtbench/loadgen/grpcschema"
	"rtbench/scenarios/template"
)

var headerText = []byte("0000_header")

// values returns the values of the n-th message.
func values(n uint64) *template.Values {
	return &template.Values{
		Number: n, Row: n, Seq: n + 1, Stream: 7, Unix: 1_700_000_000_123_456_789,
		Header: func() []byte { return headerText }, Rand: rand.NewPCG(1, n),
	}
}

func rowsOf(t testing.TB, csv string) template.Options {
	t.Helper()
	rows, err := template.ParseRows("rows.csv", []byte(csv))
	if err != nil {
		t.Fatal(err)
	}
	return template.Options{Rows: rows}
}

const someRows = "int,float,bool,enum,text,when\n" +
	"-5,1.5,true,RED,plain,2026-01-02T03:04:05Z\n" +
	"0,-1e300,false,DEEP,\"a \"\"quoted\"\" \\ wörd\",2026-01-02T03:04:05.000000006Z\n" +
	"2147483647,0,true,2,,1970-01-01T00:00:00Z\n"

// checkSame checks that b equals the library's encoding of the JSON.
func checkSame(t testing.TB, m *grpcschema.Method, b []byte, want string) {
	t.Helper()
	expected, got := dynamicpb.NewMessage(m.Input), dynamicpb.NewMessage(m.Input)
	if err := protojson.Unmarshal([]byte(want), expected); err != nil {
		t.Fatalf("the test's JSON: %v\n%s", err, want)
	}
	if err := proto.Unmarshal(b, got); err != nil {
		t.Fatalf("the output is not protobuf: %v\n%s", err, want)
	}
	if !proto.Equal(got, expected) {
		t.Fatalf("got  %s\nwant %s", protojson.Format(got), protojson.Format(expected))
	}
}

func TestCompile(t *testing.T) {
	t.Parallel()
	ask, say := rich(t, "Ask"), rich(t, "Say")
	for _, c := range []struct {
		m    *grpcschema.Method
		text string
		want string // for message 12 and so row 0
	}{
		{ask, `{}`, `{}`},
		{ask, ` { } `, `{}`},
		{ask, `{"an_int32": {{.RequestNumber}}}`, `{"anInt32": 12}`},
		{ask, `{"anInt32": "{{.RequestNumber}}"}`, `{"anInt32": 12}`},
		{ask, `{"a_string": {{.RequestNumber}}}`, `{"aString": "12"}`},
		{ask, `{"a_string": "a\n\"b\" {{.RequestNumber}} \u00e4 {{"{{"}} {{.Row.text}}"}`, `{"aString": "a\n\"b\" 12 ä {{ plain"}`},
		{ask, `{"a_bytes": "{{.Header}}"}`, `{"aBytes": "MDAwMF9oZWFkZXI="}`},
		{ask, `{"a_bytes": "MDAwMF9oZWFkZXI="}`, `{"aBytes": "MDAwMF9oZWFkZXI="}`},
		{ask, `{"a_bool": {{.Row.bool}}, "a_color": "{{.Row.enum}}", "a_double": {{.Row.float}}, "a_sint64": "{{.Row.int}}"}`, `{"aBool": true, "aColor": "RED", "aDouble": 1.5, "aSint64": -5}`},
		{ask, `{"a_fixed32": {{.RequestNumber}}, "a_float": {{.RequestNumber}}, "an_sfixed64": {{.Row.int}}, "a_uint64": {{.TimestampUnixNano}}}`, `{"aFixed32": 12, "aFloat": 12, "anSfixed64": -5, "aUint64": 1700000000123456789}`},
		{ask, `{"nested": {"nested": {"an_int64": {{.RequestNumber}}}, "a_string": "x"}, "part": {"name": "{{.Stream}}"}}`, `{"nested": {"nested": {"anInt64": 12}, "aString": "x"}, "part": {"name": "7"}}`},
		{ask, `{"numbers": [1, {{.RequestNumber}}, -3], "unpacked": [{{.Row.int}}, 2], "strings": ["a", "{{.Seq}}"], "colors": ["RED", "{{.Row.enum}}", 2], "doubles": []}`, `{"numbers": [1, 12, -3], "unpacked": [-5, 2], "strings": ["a", "13"], "colors": ["RED", "RED", 2]}`},
		{ask, `{"items": [{}, {"a_string": "{{.Seq}}"}]}`, `{"items": [{}, {"aString": "13"}]}`},
		{
			ask, `{"labels": {"a": "{{.Seq}}", "k{{.Seq}}": "b", "": ""}, "by_number": {"-1": {"an_int32": {{.Seq}}}}, "by_bool": {"true": "{{.Row.enum}}"}, "by_sint": {"-9": 1.5, "{{.Row.int}}": 0}, "by_fixed": {"3": "AA=="}}`,
			`{"labels": {"a": "13", "k13": "b", "": ""}, "byNumber": {"-1": {"anInt32": 13}}, "byBool": {"true": "RED"}, "bySint": {"-9": 1.5, "-5": 0}, "byFixed": {"3": "AA=="}}`,
		},
		{ask, `{"number": {{.Seq}}, "text": null, "maybe": 0, "perhaps": "{{.Row.text}}"}`, `{"number": 13, "maybe": 0, "perhaps": "plain"}`},
		{ask, `{"at": "2026-01-01T00:00:00.5Z", "within": "1.5s", "wrapped_int": "5", "any_value": null, "structure": {"a": [1, "b", {}, null]}}`, `{"at": "2026-01-01T00:00:00.5Z", "within": "1.5s", "wrappedInt": "5", "anyValue": null, "structure": {"a": [1, "b", {}, null]}}`},
		{ask, `{"at": "{{.Timestamp}}", "wrapped_int": {{.Seq}}, "wrapped_string": "x{{.Seq}}", "wrapped_bool": {{.Row.bool}}}`, `{"at": "2023-11-14T22:13:20Z", "wrappedInt": "13", "wrappedString": "x13", "wrappedBool": true}`},
		{ask, `{"structure": {"a": {{.Seq}}, "b": ["{{.Seq}}", true, null, 1.5, {"c": {{.Seq}}}]}, "any_value": "{{.Seq}}", "list_value": [{{.Seq}}, 1]}`, `{"structure": {"a": 13, "b": ["13", true, null, 1.5, {"c": 13}]}, "anyValue": "13", "listValue": [13, 1]}`},
		{ask, `{"any": {"@type": "type.googleapis.com/common.Part", "name": "n"}}`, `{"any": {"@type": "type.googleapis.com/common.Part", "name": "n"}}`},
		{say, `"hello {{.Seq}}"`, `"hello 13"`},
		{say, `"hello"`, `"hello"`},
	} {
		f, err := c.m.Compile(c.text, rowsOf(t, someRows))
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		b := f.Append([]byte("before"), values(12))
		if !strings.HasPrefix(string(b), "before") {
			t.Errorf("%s: the prefix is gone", c.text)
		}
		if strings.Contains(c.text, "@type") {
			continue // checks only that it compiles
		}
		checkSame(t, c.m, b[len("before"):], c.want)
	}
}

// Captured values are checked once they are known.
func TestCompileCaptured(t *testing.T) {
	t.Parallel()
	m := rich(t, "Ask")
	f, err := m.Compile(`{"a_string": "{{.name}}!", "nested": {"an_int32": {{.number}}, "a_color": "{{.name}}"}, "numbers": [{{.number}}, 2]}`, template.Options{Captured: []string{"name", "number"}})
	if err != nil {
		t.Fatal(err)
	}
	check := func(name, number string) error {
		v := values(1)
		v.Captured = []template.Capture{template.NewCapture([]byte(name)), template.NewCapture([]byte(number))}
		if err := f.(template.Checker).Check(v); err != nil {
			return err
		}
		checkSame(t, m, f.Append(nil, v), fmt.Sprintf(`{"aString": "%s!", "nested": {"anInt32": %s, "aColor": "%[1]s"}, "numbers": [%[2]s, 2]}`, name, number))
		return nil
	}
	for _, c := range []struct{ name, number, want string }{
		{"RED", "70000", ""},
		{"RED", "x", `captured "x" is not valid for field an_int32 of rich.v1.Rich; expected an integer (int32)`},
		{"PINK", "1", `captured "PINK" is not valid for field a_color of rich.v1.Rich`},
		{"\xff", "1", "is not valid for field a_string of rich.v1.Rich; expected UTF-8 text in quotes"},
	} {
		if err := check(c.name, c.number); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %s: %v, want %s", c.name, c.number, err, c.want)
		}
	}
}

// proto2 groups have a start and an end tag, and required fields must be present.
func TestCompileProto2(t *testing.T) {
	t.Parallel()
	m, err := grpcschema.FromFiles(t.Context(), []string{"testdata/old.proto"}, nil, "old.Talk/Ask")
	if err != nil {
		t.Fatal(err)
	}
	f, err := m.Compile(`{"id": "{{.Seq}}", "Inner": {"n": {{.Seq}}}, "numbers": [1, {{.Seq}}]}`, template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkSame(t, m, f.Append(nil, values(1)), `{"id": "2", "Inner": {"n": 2}, "numbers": [1, 2]}`)
	if _, err = m.Compile(`{}`, template.Options{}); err == nil || err.Error() != "field id of old.Old is required" {
		t.Errorf("without a required field: %v", err)
	}
}

// Errors point to the position marked with |.
func TestCompileErrors(t *testing.T) {
	t.Parallel()
	m, say := rich(t, "Ask"), rich(t, "Say")
	for _, c := range []struct{ text, want string }{
		{`|`, "the message is empty"},
		{`|[1]`, "found [1]; expected {…} for message rich.v1.Rich"},
		{`{"a_string": "x"|`, "the message ends; expected , or } after a field"},
		{`{"a_string": "x",|}`, "found }; expected a field name in quotes"},
		{`{"a_string" |"x"}`, "expected : after a field name"},
		{`{"a_string": |}`, "found }; expected a value"},
		{`{"a_string": "x"} |x`, "found x after the end of the message"},
		{`{"a_string": |"x}`, `unterminated string; expected "`},
		{`{"a_string": |nul}`, "nul is not a JSON value"},
		{`{"a_string": x{{.Seq}}y|"}`, "expected , or }"},
		{`{"|a_sting": 1}`, `message rich.v1.Rich has no field "a_sting"; expected one of`},
		{`{"|a_sting": 1}`, `did you mean a_string?`},
		{`{"|a{{.Seq}}": 1}`, "a field name of rich.v1.Rich contains an action"},
		{`{"a_string": "", "|aString": ""}`, "duplicate field a_string of rich.v1.Rich"},
		{`{"text": "", "|number": 1}`, "fields text and number of rich.v1.Rich are both set; expected at most one of oneof choice"},
		{`{"a_string": "{{.Seq}}", "an_int32": |"x"}`, `"x" is not valid for field an_int32 of rich.v1.Rich; expected an integer (int32)`},
		{`{"an_int32": |1.5}`, "expected an integer"},
		{`{"an_int32": |3000000000}`, "expected an integer"},
		{`{"a_uint32": |-1}`, "expected an integer (uint32)"},
		{`{"a_bool": |1}`, "expected true or false"},
		{`{"a_string": |1}`, "expected UTF-8 text in quotes"},
		{`{"a_string": |{}}`, "expected UTF-8 text in quotes"},
		{`{"a_bytes": |"%"}`, "expected base64"},
		{`{"a_float": |"x"}`, "expected a number (float)"},
		{`{"a_color": |"REED"}`, "NONE, RED, GREEN, DEEP; did you mean RED?"},
		{`{"nested": {"nested": |1}}`, "found 1; expected {…} for message rich.v1.Rich"},
		{`{"nested": {"part": {"|nam": 1}}}`, "message common.Part has no field \"nam\"; expected one of name, weight; did you mean name?"},
		{`{"numbers": |1}`, "field numbers of rich.v1.Rich is repeated; expected […]"},
		{`{"numbers": [1, |"x", {{.Seq}}]}`, "expected an integer (int64)"},
		{`{"numbers": [|null]}`, "expected an integer (int64)"},
		{`{"labels": |[]}`, "is a map; expected {…}"},
		{`{"labels": {"a": |1}}`, "is not valid for a value of map rich.v1.Rich.LabelsEntry"},
		{`{"by_number": {|"x": {}}}`, "is not valid for a key of map"},
		{`{"labels": {"a": "", |"a": ""}}`, `duplicate key "a" of field labels`},
		{`{"at": |"yesterday"}`, "expected a google.protobuf.Timestamp: invalid google.protobuf.Timestamp value"},
		{`{"within": |"{{.Seq}}s"}`, "google.protobuf.Duration cannot contain actions"},
		{`{"at": |"{{.Seq}}"}`, "is not valid for a google.protobuf.Timestamp; expected RFC 3339 text"},
		{`{"any": |{"@type": "type.googleapis.com/no.Such"}}`, "expected a google.protobuf.Any"},
		{`{"an_int32": |{{.TimestampUnixNano}}}`, "which is not valid for field an_int32 of rich.v1.Rich"},
		{`{"an_int32": |"{{.UUID}}"}`, "which is not valid for field an_int32"},
		{`{"a_uint32": |{{.Row.int}}}`, `{{Row}} expands to "-5", which is not valid`},
		{`{"a_string": "a", "a_bool": |{{.Row.text}}}`, `which is not valid for field a_bool`},
		{`{"a_string": "{{.Seq}}|\q"}`, "is not valid in a JSON string"},
		{`{"a_string": "|{{.Nothing}}"}`, "Nothing"},
		{`{"a_string": "{{.Seq}}", "an_int32": |{{.Row.float}}}`, "is not valid"},
		{`|` + strings.Repeat(`[`, 5000), "are nested more than 100 deep"},
	} {
		at := strings.IndexByte(c.text, '|')
		text := c.text[:at] + c.text[at+1:]
		_, err := m.Compile(text, rowsOf(t, someRows))
		var wrong *template.SyntaxError
		if !errors.As(err, &wrong) || !strings.Contains(wrong.Message, c.want) {
			t.Errorf("%s\ngot  %v\nwant %s", c.text, err, c.want)
			continue
		}
		// The position of a key may include its quote.
		if wrong.Offset != at && wrong.Offset != at-1 && !strings.Contains(c.want, "nested") {
			t.Errorf("%s: at %d, want %d: %v", c.text, wrong.Offset, at, err)
		}
	}
	if _, err := say.Compile(`{{.Seq}}`, template.Options{}); err != nil {
		t.Errorf("a wrapper alone: %v", err)
	}
}
