package template_test

import (
	"encoding/json"
	"strings"
	"testing"

	"rtbench/scenarios/template"
)

func TestRows(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"a.csv":        "\ufeffid,name, note \r\n1,\"a,\"\"b\"\"\",x\n\n2,,\"two\nlines\"\n",
		"A.TSV":        "id\tname\tnote\n1\t\"a,\"\"b\"\"\"\tx\n2\t\t\"two\nlines\"\n",
		"b/a.jsonl":    "{\"id\": 1, \"name\": \"a,\\\"b\\\"\", \"note\":\"x\"}\n\n {\"note\":\"two\\nlines\",\"id\":2,\"name\":\"\"} \r\n",
		"a.ndjson":     "{\"id\":\"1\",\"name\":\"a,\\u0022b\\u0022\",\"note\":\"x\"}\n{\"id\":2,\"name\":\"\",\"note\":\"two\\nlines\"}",
		"a.json-lines": "{\"id\":1,\"name\":\"a,\\\"b\\\"\",\"note\":\"x\"}\n{\"id\":2,\"name\":\"\",\"note\":\"two\\nlines\"}",
	} {
		r := rows(t, name, data)
		if got := strings.Join(r.Columns(), "|"); got != "id|name|note" || r.Len() != 2 {
			t.Fatalf("%s: %q, %d rows", name, got, r.Len())
		}
		f := compile(t, `{{.Row.id}}/{{.Row.name}}/{{Row.note}};`, template.Options{Rows: r})
		var got []byte
		for n := range uint64(3) {
			got = f.Append(got, values(n))
		}
		if want := "1/a,\"b\"/x;2//two\nlines;1/a,\"b\"/x;"; string(got) != want {
			t.Errorf("%s: %q", name, got)
		}
		if got := r.Value(1, 2); string(got) != "two\nlines" || cap(got) != len(got) {
			t.Errorf("%s: %q, with room for %d", name, got, cap(got))
		}
	}
}

func TestScalarsOfJSONLinesStayAsWritten(t *testing.T) {
	t.Parallel()
	r := rows(t, "a.jsonl", `{"a":1.50,"b":true,"c":null,"d":-2e9,"e":12345678901234567890}`)
	f := compile(t, `{{.Row.a}} {{.Row.b}} {{.Row.c}} {{.Row.d}} {{.Row.e}}`, template.Options{Rows: r})
	if got := string(f.Append(nil, values(0))); got != "1.50 true null -2e9 12345678901234567890" {
		t.Error(got)
	}
}

func TestRowsInsideStringsOfJSON(t *testing.T) {
	t.Parallel()
	r := rows(t, "a.jsonl", `{"text":"a\"b\\c\n\t\u0001é","object":"{\"x\": [1]}"}`)
	for text, want := range map[string]string{
		`{"m":"<{{.Row.text}}>","o":{{.Row.object}}}`:              `{"m":"<a\"b\\c\n\t\u0001é>","o":{"x": [1]}}`,
		`{"a":"\"{{.Row.text}}","n":-{{.RequestNumber}}.{{.Seq}}}`: `{"a":"\"a\"b\\c\n\t\u0001é","n":-0.7}`,
		`{{.Row.object}}`:                `{"x": [1]}`,
		`"{{.Row.object}}"`:              `"{\"x\": [1]}"`,
		`text "{{.Row.object}}"`:         `text "{"x": [1]}"`,
		`{"a":"{{.Row.object}}"`:         `{"a":"{"x": [1]}"`,
		`{"a\\":"{{.Row.object}}"}`:      `{"a\\":"{\"x\": [1]}"}`,
		`{"{{"{{"}}":"{{.Row.object}}"}`: `{"{{":"{\"x\": [1]}"}`,
	} {
		got := compile(t, text, template.Options{Rows: r}).Append(nil, values(0))
		if string(got) != want {
			t.Errorf("%s: %s\nwant %s", text, got, want)
		}
	}
}

func TestRowsMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, data, says string }{
		{"a.csv", "", "a.csv: no rows; expected at least one"},
		{"a.csv", "id,name\n", "a.csv: no rows"},
		{"a.csv", "id,id\n1,2\n", "a.csv:1: duplicate column id"},
		{"a.csv", "id, id\n1,2\n", "a.csv:1: duplicate column id"},
		{"a.csv", "id,\n1,2\n", "a.csv:1: missing name of column 2"},
		{"a.csv", "id,b\n1,2\n\n3\n", "a.csv:4: found 1 values; expected 2 as in the heading"},
		{"a.csv", "id\n\"a\nb\"\n1\"2\n", "a.csv:4: bare \" in non-quoted-field in column 2"},
		{"a.csv", "id\n\"a\n", `a.csv:2: extraneous or missing " in quoted-field`},
		{"a.csv", "id\n1\n\xe9\n", "a.csv:3: invalid UTF-8"},
		{"a.txt", "id\n1\n", "a.txt: unknown extension; expected .csv, .tsv, .jsonl or .ndjson"},
		{"a.jsonl", "", "a.jsonl: no rows"},
		{"a.jsonl", "{\"a\":1}\n[1]\n", "a.jsonl:2: not a JSON object"},
		{"a.jsonl", "{\"a\":1}\n{\"a\":1\n", "a.jsonl:2: not a JSON object"},
		{"a.jsonl", "{\"a\":1}\n{\"a\":01}\n", "a.jsonl:2: not a JSON object"},
		{"a.jsonl", "{}", "a.jsonl:1: not a JSON object"},
		{"a.jsonl", "{\"a\":1}x", "a.jsonl:1: not a JSON object"},
		{"a.jsonl", "{\"a\":1}\n{\"b\":1}\n", "a.jsonl:2: missing key a; expected the keys of the first line"},
		{"a.jsonl", "{\"a\":1}\n{\"a\":1,\"b\":2}\n", "a.jsonl:2: found 2 keys; expected 1"},
		{"a.jsonl", "{\"a\":1}\n{\"a\":[1]}\n", "a.jsonl:2: key a: found an object or array"},
		{"a.jsonl", "{\"a\":1,\"a\":2}\n", "a.jsonl:1: duplicate column a"},
		{"a.jsonl", "{\"a\":1,\"b\":2}\n{\"a\":1,\"a\":2}", "a.jsonl:2: missing key b"},
	} {
		_, err := template.ParseRows(c.name, []byte(c.data))
		if err == nil || !strings.HasPrefix(err.Error(), c.says) {
			t.Errorf("%q: %v\nwant %s", c.data, err, c.says)
		}
	}
	if _, err := template.ParseRows("a.csv", make([]byte, 64<<20+1)); err == nil || !strings.Contains(err.Error(), "64 MiB") {
		t.Error(err)
	}
}

func FuzzParseRows(f *testing.F) {
	f.Add("a.csv", "id,name\n1,\"a\"\"b\"\n")
	f.Add("a.tsv", "id\tname\n1\tb\n")
	f.Add("a.jsonl", "{\"id\":1,\"name\":\"\\ud83d\\ude00\"}\n")
	f.Fuzz(func(t *testing.T, name, data string) {
		r, err := template.ParseRows(name, []byte(data))
		if err != nil {
			if r != nil || err.Error() == "" {
				t.Fatalf("%v with an error %q", r, err)
			}
			return
		}
		if r.Len() == 0 || len(r.Columns()) == 0 {
			t.Fatalf("%d rows of %q", r.Len(), r.Columns())
		}
		for c, column := range r.Columns()[:min(len(r.Columns()), 3)] {
			if strings.Contains(column, "}}") || strings.ContainsAny(column, "\"`") || strings.TrimSpace(column) != column {
				continue
			}
			text := `{"v": "{{.Row.` + column + `}}"}`
			form, err := template.Compile(text, template.Options{Rows: r})
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			for n := range r.Len() {
				var got struct{ V string }
				p := form.Append(nil, values(uint64(n)))
				if err := json.Unmarshal(p, &got); err != nil || got.V != string(r.Value(n, c)) {
					t.Fatalf("%q: %v, want %q", p, err, r.Value(n, c))
				}
			}
		}
	})
}
