package template_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"rtbench/scenarios/template"
)

func path(t testing.TB, text string) template.Path {
	t.Helper()
	p, err := template.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFind(t *testing.T) {
	t.Parallel()
	const reply = ` {"id": 12345678901234567890, "result": {"items": [{"id": "a"}, {"id": "b\"\u00e9\ud83d\ude00\n"}], "a.b": true},
		"none": null, "no": false, "x": -1.5e+3, "o": { "k" : [ 1 , "a b" ] }, "twice": {"a": 1}, "twice": {"b": 2},
		"\u006bey": "escaped", "": "empty", "e": {}, "f": [], "long string, of more than eight": "0123456789abcdef\\0123456789\t"} ` + "\n"
	for text, want := range map[string]string{
		"id":                                  "12345678901234567890",
		"$.id":                                "12345678901234567890",
		"result.items[0].id":                  "a",
		"$.result.items[1].id":                "b\"é😀\n",
		`$["result"]["a.b"]`:                  "true",
		`result["a.b"]`:                       "true",
		"none":                                "null",
		"no":                                  "false",
		"x":                                   "-1.5e+3",
		"o":                                   `{"k":[1,"a b"]}`,
		"o.k":                                 `[1,"a b"]`,
		"o.k[1]":                              "a b",
		"twice.b":                             "2",
		"key":                                 "escaped",
		`[""]`:                                "empty",
		"e":                                   "{}",
		"f":                                   "[]",
		`["long string, of more than eight"]`: "0123456789abcdef\\0123456789\t",
	} {
		f := path(t, text).JSON()
		for range 2 {
			if got, ok := f.Find([]byte(reply)); !ok || string(got) != want {
				t.Errorf("%s: %q, %v, want %q", text, got, ok, want)
			}
		}
	}
	for _, text := range []string{"ID", "result.items[2].id", "result[0]", "id.x", "o.k.k", "twice.a", "e.e", "f[0]", "none.x"} {
		if got, ok := path(t, text).JSON().Find([]byte(reply)); ok {
			t.Errorf("%s: found %q", text, got)
		}
	}
	if got, ok := path(t, "$").JSON().Find([]byte(` "a" `)); !ok || string(got) != "a" {
		t.Errorf("the whole is %q, %v", got, ok)
	}
}

func TestInvalidJSONHasNoValue(t *testing.T) {
	t.Parallel()
	f := path(t, "a").JSON()
	deep := strings.Repeat(`{"a":`, 1<<18)
	for _, reply := range []string{
		"", " ", "a", `{"a":1`, `{"a":1}}`, `{"a":1}x`, `{"a":1,}`, `{"a":01}`, `{"a":+1}`, `{"a":1.}`, `{"a":.1}`, `{"a":1e}`, `{"a":-}`,
		`{"a":nul}`, `{"a":NaN}`, `{"a":1 "b":2}`, `{'a':1}`, `{a:1}`, `{"a":"x}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\u12g4"}`, "{\"a\":\"\n\"}",
		"{\"a\":\"0123456789\x01\"}", `{"a" 1}`, `{"a":1,"b":[1,]}`, `[`, `{`, `{"a"`, `{"a":`, `{"a":1,`, `{"a":"\`, `{"a":[1 2]}`, "\xff\xfe{", deep,
		strings.Repeat("[", 1<<20),
	} {
		if got, ok := f.Find([]byte(reply)); ok {
			t.Errorf("%.40q: found %q", reply, got)
		}
	}
	if got, ok := f.Find([]byte(`{"a":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + "}")); !ok || len(got) != 1000 {
		t.Errorf("found %d bytes, %v", len(got), ok)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	p := path(t, `$.result.items[10]["a\"].b"].é-1`)
	want := []template.Step{{Key: "result"}, {Key: "items"}, {Index: 10, IsIndex: true}, {Key: `a"].b`}, {Key: "é-1"}}
	if got := p.Parts(); len(got) != len(want) || got[2] != want[2] || got[3] != want[3] || got[4] != want[4] {
		t.Errorf("%+v", got)
	}
	for _, whole := range []string{"", "$", "$."} {
		if n := len(path(t, whole).Parts()); n != 0 {
			t.Errorf("%q has %d steps", whole, n)
		}
	}
	for _, c := range []struct {
		text   string
		offset int
		says   string
	}{
		{"a..b", 2, "missing key after a dot"},
		{".a", 0, "missing key after a dot"},
		{"a.", 2, "missing key after a dot"},
		{"a[0]b", 4, "found b; expected . or ["},
		{"$a", 1, "found a; expected . or ["},
		{"a[x]", 1, `did you mean ["x"]?`},
		{"a['x']", 1, `did you mean ["x"]?`},
		{"a[-1]", 1, "expected an index from the start, such as [0]"},
		{"a[*]", 1, "found [*]; expected an index"},
		{"a.*", 2, "found *; expected a key or an index"},
		{"a[0", 1, "missing ] after the index"},
		{`a["x]`, 1, "expected a quoted key and ]"},
		{`a["x"`, 1, "expected a quoted key and ]"},
		{"a b", 0, `did you mean ["a b"]?`},
		{"a[99999999999]", 1, "expected an index such as [0]"},
		{strings.Repeat("a.", 64) + "a", 127, "expected at most 64 keys"},
	} {
		_, err := template.ParsePath(c.text)
		var bad *template.SyntaxError
		if !errors.As(err, &bad) || bad.Offset != c.offset || !strings.Contains(bad.Message, c.says) {
			t.Errorf("%s: %+v\nwant at %d: %s", c.text, err, c.offset, c.says)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	for _, text := range []string{"result.items[0].id", `$["key with.dot"]`, "$", "a[0", `["\ud800"]`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := template.ParsePath(text)
		if err != nil {
			var bad *template.SyntaxError
			if !errors.As(err, &bad) || bad.Offset < 0 || bad.Offset > len(text) || bad.Message == "" {
				t.Fatalf("%#v", err)
			}
			return
		}
		// A path finds a value placed at it.
		reply := []byte("7")
		for i := len(p.Parts()) - 1; i >= 0; i-- {
			switch s := p.Parts()[i]; {
			case s.IsIndex && s.Index > 100:
				return
			case s.IsIndex:
				reply = []byte("[" + strings.Repeat("0,", s.Index) + string(reply) + "]")
			case !utf8.ValidString(s.Key):
				return
			default:
				key, _ := json.Marshal(s.Key)
				reply = []byte("{" + string(key) + ":" + string(reply) + "}")
			}
		}
		if got, ok := p.JSON().Find(reply); !ok || string(got) != "7" {
			t.Fatalf("%s in %s: %q, %v", text, reply, got, ok)
		}
	})
}

// FuzzFind compares with encoding/json, which also takes the last of equal keys.
func FuzzFind(f *testing.F) {
	f.Add("a", []byte(`{"a":"\ud83d\ude00","b":[1,2]}`))
	f.Add("a[1].b", []byte(`{"a":[0,{"b":-1.5e3}],"a":[0,{"b":true}]}`))
	f.Add("$", []byte(` [ null , "\ud800" ] `))
	f.Fuzz(func(t *testing.T, text string, reply []byte) {
		p, err := template.ParsePath(text)
		if err != nil || !utf8.Valid(reply) || !utf8.ValidString(text) {
			return
		}
		got, ok := p.JSON().Find(reply)
		if !json.Valid(reply) {
			if ok {
				t.Fatalf("found %q in what is not JSON", got)
			}
			return
		}
		if bytes.Count(reply, []byte("["))+bytes.Count(reply, []byte("{")) > 500 {
			return
		}
		d := json.NewDecoder(bytes.NewReader(reply))
		d.UseNumber()
		var at any
		if err := d.Decode(&at); err != nil {
			t.Fatal(err)
		}
		there := true
		for _, s := range p.Parts() {
			var in bool
			if object, is := at.(map[string]any); is && !s.IsIndex {
				at, in = object[s.Key]
			} else if array, is := at.([]any); is && s.IsIndex && s.Index < len(array) {
				at, in = array[s.Index], true
			}
			there = there && in
		}
		if ok != there {
			t.Fatalf("%s: found %v, want %v", text, ok, there)
		}
		if !ok {
			return
		}
		switch want := at.(type) {
		case string:
			if string(got) != want {
				t.Fatalf("%q, want %q", got, want)
			}
		case json.Number:
			if string(got) != want.String() {
				t.Fatalf("%q, want %q", got, want)
			}
		default:
			var a bytes.Buffer
			if json.Compact(&a, got) != nil || a.String() != string(got) {
				t.Fatalf("%q is not compact JSON", got)
			}
			var again any
			if err := json.Unmarshal(got, &again); err != nil {
				t.Fatal(err)
			}
		}
	})
}
