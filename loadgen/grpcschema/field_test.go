package grpcschema_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"rtbench/loadgen/grpcschema"
	"rtbench/scenarios/template"
)

func field(t testing.TB, m *grpcschema.Method, text string) template.Field {
	t.Helper()
	var path template.Path
	if text != "" {
		var err error
		if path, err = template.ParsePath(text); err != nil {
			t.Fatal(err)
		}
	}
	f, err := m.Field(path)
	if err != nil {
		t.Fatal(err)
	}
	return f()
}

// encode encodes JSON as protobuf.
func encode(t testing.TB, m *grpcschema.Method, text string) []byte {
	t.Helper()
	d := dynamicpb.NewMessage(m.Output)
	if err := protojson.Unmarshal([]byte(text), d); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	b, err := proto.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const absent = "<absent>"

func find(f template.Field, reply []byte) string {
	value, ok := f.Find(reply)
	if !ok {
		return absent
	}
	return string(value)
}

func TestField(t *testing.T) {
	t.Parallel()
	m := rich(t, "Ask")
	reply := encode(t, m, `{"aDouble": -1.5, "aFloat": 100000000, "anInt32": -7, "anInt64": "-9000000000", "aUint32": 4000000000,
		"aUint64": "18446744073709551615", "aSint32": -2147483648, "aSint64": "-5", "aFixed32": 4000000000, "aFixed64": "18446744073709551615",
		"anSfixed32": -3, "anSfixed64": "-4", "aBool": true, "aString": "wörd", "aBytes": "AAEC", "aColor": "DEEP",
		"nested": {"part": {"name": "inner", "weight": -1}, "nested": {}, "aColor": 77},
		"numbers": [10, -11, 12], "unpacked": [1, -2], "strings": ["a", "", "c"], "items": [{"anInt32": 1}, {"anInt32": 2, "strings": ["x", "y"]}],
		"colors": ["NONE", "GREEN"], "doubles": [0.1, 1e21, 1e-7],
		"labels": {"a.b": "dots", "": "empty", "z": ""}, "byNumber": {"-1": {"aString": "minus"}, "0": {"aString": "zero"}},
		"byBool": {"true": "RED"}, "bySint": {"-9": 2.5}, "byFixed": {"3": "AA=="}, "counts": {"n": 5},
		"text": "chosen", "maybe": 0, "at": "2026-01-02T03:04:05.000000006Z", "wrappedString": "w", "wrappedInt": "0",
		"structure": {"k": "v"}}`)
	empty := encode(t, m, `{"nested": {}, "wrappedString": ""}`)
	for _, c := range []struct{ path, want, ofEmpty string }{
		{"a_double", "-1.5", "0"},
		{"aFloat", "100000000", "0"},
		{"an_int32", "-7", "0"},
		{"an_int64", "-9000000000", "0"},
		{"a_uint32", "4000000000", "0"},
		{"a_uint64", "18446744073709551615", "0"},
		{"a_sint32", "-2147483648", "0"},
		{"a_sint64", "-5", "0"},
		{"a_fixed32", "4000000000", "0"},
		{"a_fixed64", "18446744073709551615", "0"},
		{"an_sfixed32", "-3", "0"},
		{"an_sfixed64", "-4", "0"},
		{"a_bool", "true", "false"},
		{"$.a_string", "wörd", ""},
		{"a_bytes", "\x00\x01\x02", ""},
		{"a_color", "DEEP", "NONE"},
		{"nested.part.name", "inner", absent},
		{"nested.part.weight", "-1", absent},
		{"nested.an_int32", "0", "0"},
		{"nested.a_color", "77", "NONE"},
		{"nested.nested.a_string", "", absent},
		{"numbers[0]", "10", absent},
		{"numbers[2]", "12", absent},
		{"numbers[3]", absent, absent},
		{"unpacked[1]", "-2", absent},
		{"strings[1]", "", absent},
		{"strings[2]", "c", absent},
		{"items[1].an_int32", "2", absent},
		{"items[1].strings[1]", "y", absent},
		{"items[0].strings[0]", absent, absent},
		{"items[2].an_int32", absent, absent},
		{"colors[1]", "GREEN", absent},
		{"doubles[0]", "0.1", absent},
		{"doubles[1]", "1e+21", absent},
		{"doubles[2]", "1e-07", absent},
		{`labels["a.b"]`, "dots", absent},
		{`labels.z`, "", absent},
		{`labels.none`, absent, absent},
		{`by_number["-1"].a_string`, "minus", absent},
		{`by_number[0].a_string`, "zero", absent},
		{`by_number["-1"].an_int32`, "0", absent},
		{"by_bool.true", "RED", absent},
		{`by_sint["-9"]`, "2.5", absent},
		{`by_fixed[3]`, "\x00", absent},
		{"counts.n", "5", absent},
		{"text", "chosen", absent},
		{"number", absent, absent},
		{"maybe", "0", absent},
		{"perhaps", absent, absent},
		{"at", "2026-01-02T03:04:05.000000006Z", absent},
		{"wrapped_string", "w", ""},
		{"wrapped_int", "0", absent},
		{"wrapped_bool", absent, absent},
		{"structure.fields.k.string_value", "v", absent},
	} {
		f := field(t, m, c.path)
		for range 2 { // the second time checks that no state is left over
			if got := find(f, reply); got != c.want {
				t.Errorf("%s is %q, want %q", c.path, got, c.want)
			}
			if got := find(f, empty); got != c.ofEmpty {
				t.Errorf("%s of an empty message is %q, want %q", c.path, got, c.ofEmpty)
			}
		}
	}
	if got := find(field(t, m, ""), []byte("whole")); got != "whole" {
		t.Errorf("the empty path leads to %q", got)
	}
}

// Two concatenated encodings are one message, merged by the rules of protobuf.
func TestLastValueWins(t *testing.T) {
	t.Parallel()
	m := rich(t, "Ask")
	for _, c := range []struct{ path, first, second, want string }{
		{"an_int32", `{"anInt32": 1}`, `{"anInt32": 2}`, "2"},
		{"an_int32", `{"anInt32": 1}`, `{"aString": "x"}`, "1"},
		{"nested.an_int32", `{"nested": {"anInt32": 1}}`, `{"nested": {"aString": "x"}}`, "1"},
		{"nested.numbers[2]", `{"nested": {"numbers": [1, 2]}}`, `{"nested": {"numbers": [3]}}`, "3"},
		{"text", `{"text": "a"}`, `{"number": "5"}`, absent},
		{"number", `{"text": "a"}`, `{"number": "5"}`, "5"},
		{"thing.weight", `{"thing": {"weight": 3}}`, `{"text": "a"}`, absent},
		{"labels.a", `{"labels": {"a": "1"}}`, `{"labels": {"a": "2"}}`, "2"},
		{"by_number[1].an_int32", `{"byNumber": {"1": {"anInt32": 4}}}`, `{"byNumber": {"1": {}}}`, "0"},
	} {
		reply := append(encode(t, m, c.first), encode(t, m, c.second)...)
		if got := find(field(t, m, c.path), reply); got != c.want {
			t.Errorf("%s of %s and %s is %q, want %q", c.path, c.first, c.second, got, c.want)
		}
	}
	// Parsers must accept packed fields unpacked and vice versa.
	one := protowire.AppendVarint(protowire.AppendTag(nil, 20, protowire.VarintType), 42)
	if got := find(field(t, m, "numbers[1]"), append(encode(t, m, `{"numbers": [1]}`), one...)); got != "42" {
		t.Errorf("a number that is not packed is %q", got)
	}
	packed := protowire.AppendBytes(protowire.AppendTag(nil, 21, protowire.BytesType), []byte{2, 4, 6})
	if got := find(field(t, m, "unpacked[2]"), packed); got != "3" {
		t.Errorf("a packed number is %q", got)
	}
}

func TestFieldErrors(t *testing.T) {
	t.Parallel()
	m := rich(t, "Ask")
	for _, c := range []struct{ path, want string }{
		{"a_strng", `path a_strng: message rich.v1.Rich has no field "a_strng"; expected one of`},
		{"a_strng", "did you mean a_string?"},
		{"nested.part.nam", "message common.Part has no field \"nam\"; expected one of name, weight; did you mean name?"},
		{"nested", "selects message rich.v1.Rich; expected one of its fields"},
		{"a_string.x", "field a_string is string and has no fields"},
		{"numbers", "field numbers is repeated; expected an index after it: numbers[0]"},
		{"items.an_int32", "field items is repeated; expected an index"},
		{"a_string[0]", "field a_string is not repeated; expected no [0]"},
		{"labels", `field labels is a map; expected a key after it: labels["key"]`},
		{"by_number.x.a_string", `"x" is not a valid key of field by_number; expected an integer (int32)`},
		{"[0].x", "found index [0]; expected a field of rich.v1.Rich"},
	} {
		path, err := template.ParsePath(c.path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = m.Field(path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.path, err, c.want)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	m := rich(t, "Ask")
	long := m.JSON(encode(t, m, `{"aString": "`+strings.Repeat("ä", 300)+`"}`))
	if len(long) > 203 || !utf8.ValidString(long) || !strings.HasSuffix(long, "…") {
		t.Errorf("a long reply is %q", long)
	}
	for _, c := range []struct{ got, want string }{
		{m.JSON(encode(t, m, `{"anInt32": 1, "at": "2026-01-02T03:04:05Z"}`)), `{"anInt32":1,"at":"2026-01-02T03:04:05Z"}`},
		{m.JSON(nil), `{}`},
		{m.JSON([]byte("no")), `2 bytes that are not a rich.v1.Rich (field 13 is truncated or invalid protobuf): 6e6f`},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

// For any bytes that the library accepts, Find returns the value that the library decodes.
func FuzzFind(f *testing.F) {
	m := rich(f, "Ask")
	f.Add(encode(f, m, `{"anInt32": 1, "nested": {"numbers": [1, 2]}, "labels": {"a": "b"}, "number": 3, "aSint32": -1}`))
	f.Add(append(encode(f, m, `{"number": 3}`), encode(f, m, `{"thing": {"weight": 1}}`)...))
	f.Add([]byte{0xff})
	f.Fuzz(func(t *testing.T, reply []byte) {
		d := dynamicpb.NewMessage(m.Output)
		valid := proto.Unmarshal(reply, d) == nil
		for _, path := range []string{
			"an_int32", "a_sint32", "a_fixed32", "a_bool", "nested.an_int32", "nested.numbers[1]", "labels.a",
			"number", "thing.weight", "items[0].a_string", "wrapped_string", "at", "a_color",
		} {
			got := find(field(t, m, path), reply)
			if !valid || path == "at" {
				continue // checks only that Find returns
			}
			if want := expected(d, path); got != want {
				t.Errorf("%s of %x is %q, want %q", path, reply, got, want)
			}
		}
	})
}
