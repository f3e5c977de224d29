package template_test

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"rtbench/scenarios/template"
)

// at is 2026-03-04T05:06:07.891234567Z.
const at = 1772600767891234567

var headerText = []byte("HEADER")

func values(number uint64) *template.Values {
	return &template.Values{
		Number: number, Row: number, Seq: 7, Stream: 3, Unix: at,
		Header: func() []byte { return headerText }, Rand: rand.NewPCG(1, number),
	}
}

func compile(t testing.TB, text string, o template.Options) *template.Template {
	t.Helper()
	f, err := template.Compile(text, o)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return f
}

func rows(t testing.TB, name, data string) *template.Rows {
	t.Helper()
	r, err := template.ParseRows(name, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func size(t testing.TB, text string) template.Size {
	t.Helper()
	s, err := template.ParseSize(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestActions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                    ``,
		`hello`:               `hello`,
		`{"a":{"b":1}}`:       `{"a":{"b":1}}`,
		`{{.RequestNumber}}`:  `5`,
		`{{ RequestNumber }}`: `5`,
		`a{{.RequestNumber}}-{{.RequestNumber}}b`: `a5-5b`,
		`{{.Timestamp}}`:                     `2026-03-04T05:06:07Z`,
		`{{.TimestampUnix}}`:                 `1772600767`,
		`{{.TimestampUnixMilli}}`:            `1772600767891`,
		`{{.TimestampUnixNano}}`:             `1772600767891234567`,
		`{{.Seq}}/{{.Stream}}/{{.WorkerID}}`: `7/3/3`,
		`[{{.Header}}]`:                      `[HEADER]`,
		`{{randomInt 4 5}}`:                  `4`,
		`{{randomInt -4 -3}}`:                `-4`,
		`{"n":{{.RequestNumber}}}`:           `{"n":5}`,
		`{{"{{"}}.X}} {{"}}"}}` + "{{`\\`}}": `{{.X}} }}\`,
		`{{""}}`:                             ``,
		`<{{.Body}}>`:                        `<>`,
	} {
		f := compile(t, text, template.Options{})
		if got := string(f.Append([]byte("> "), values(5))); got != "> "+want {
			t.Errorf("%s: %q, want %q", text, got, "> "+want)
		}
	}
}

func TestRandomActions(t *testing.T) {
	t.Parallel()
	for text, form := range map[string]string{
		`{{randomString 8}}`:   `^[a-zA-Z0-9]{8}$`,
		`{{randomString 0}}`:   `^[a-zA-Z0-9]{2,16}$`,
		`{{randomString -1}}`:  `^[a-zA-Z0-9]{2,16}$`,
		`{{randomString 3 5}}`: `^[a-zA-Z0-9]{3,5}$`,
		`{{randomString 0 0}}`: `^$`,
		`{{randomInt -9223372036854775808 9223372036854775807}}`: `^-?\d+$`,
		`{{randomInt 10 13}}`: `^1[012]$`,
		`{{newUUID}}`:         `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		`{{.UUID}}`:           `^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		`{{.Body}}`:           `^[a-z]{100,120}$`,
	} {
		f := compile(t, text, template.Options{Size: size(t, "uniform(100, 120)")})
		re := regexp.MustCompile(form)
		v := values(1)
		seen := map[string]bool{}
		for n := range uint64(300) {
			v.Number = n
			got := f.Append(nil, v)
			seen[string(got)] = true
			if !re.Match(got) {
				t.Fatalf("%s: %q", text, got)
			}
		}
		if most := 2; len(seen) < most && text != `{{randomString 0 0}}` {
			t.Errorf("%s: always %v", text, seen)
		}
	}
}

func TestUUIDIsEqualWithinAMessage(t *testing.T) {
	t.Parallel()
	f := compile(t, `{{.UUID}} {{newUUID}} {{.UUID}} {{newUUID}}`, template.Options{})
	a := strings.Fields(string(f.Append(nil, values(77))))
	if a[0] != a[2] || a[1] == a[3] {
		t.Errorf("%q", a)
	}
	if n, ok := template.ParseUUID([]byte(a[0])); !ok || n != 77 {
		t.Errorf("%s has number %d, %v", a[0], n, ok)
	}
	if n, ok := template.ParseUUID([]byte(a[1])); ok {
		t.Errorf("%s is taken for that of %d", a[1], n)
	}
	later := values(77)
	later.Unix++
	if b := strings.Fields(string(f.Append(nil, later))); a[0] == b[0] {
		t.Errorf("another run sends %s too", b[0])
	}
}

func TestUses(t *testing.T) {
	t.Parallel()
	f := compile(t, `{{.UUID}} {{.Row.id}}`, template.Options{Rows: rows(t, "a.csv", "id\n1\n")})
	for name, want := range map[string]bool{"UUID": true, "Row": true, "RequestNumber": false, "": false} {
		if f.Uses(name) != want {
			t.Errorf("uses %q: %v", name, !want)
		}
	}
}

func TestTemplateMistakes(t *testing.T) {
	t.Parallel()
	table := rows(t, "a.csv", "id,user name\n1,b\n")
	for _, c := range []struct {
		text   string
		offset int
		says   string
	}{
		{`ab{{.UUID`, 2, `unclosed {{; expected }} after it, or {{"{{"}} for a literal {{`},
		{`{{"a}}`, 0, `unclosed {{`},
		{`a{{}}`, 1, `empty {{ }}; expected one of .RequestNumber, .UUID,`},
		{`é{{.Requestnumber}}`, 2, `{{.Requestnumber}}: unknown action; did you mean {{.RequestNumber}}?`},
		{`{{.uuid}}`, 0, `did you mean {{.UUID}}?`},
		{`{{uuid}}`, 0, `did you mean {{.UUID}}?`},
		{`{{randomstring 3}}`, 0, `did you mean {{randomString}}?`},
		{`{{.TimestampMilli}}`, 0, `did you mean {{.TimestampUnix`},
		{`{{.MethodName}}`, 0, `{{.MethodName}}: unsupported action, because the method is constant; expected one of`},
		{`{{if .UUID}}a{{end}}`, 0, `{{if}}: unknown action; expected one of .RequestNumber`},
		{`{{.UUID | html}}`, 0, `{{.UUID | html}}: pipelines are not supported; expected one of`},
		{`{{randomInt(1, 2)}}`, 0, `such as {{randomInt 1 100}}`},
		{`{{$x}}`, 0, `variables are not supported`},
		{`{{/* x */}}`, 0, `comments are not supported`},
		{`{{- .UUID -}}`, 0, `trimming is not supported`},
		{`{{randomInt 1}}`, 0, `{{randomInt 1}}: expected {{randomInt MIN MAX}}`},
		{`{{randomInt 1 x}}`, 0, `found x; expected integers in {{randomInt MIN MAX}}`},
		{`{{randomInt 5 5}}`, 0, `expected MIN below MAX, which is exclusive`},
		{`{{randomString}}`, 0, `expected {{randomString LENGTH}} or {{randomString MIN MAX}}`},
		{`{{randomString 1048577}}`, 0, `at most 1048576 letters`},
		{`{{randomString 5 4}}`, 0, `expected MIN from 0 to MAX`},
		{`{{.UUID 3}}`, 0, `expected {{.UUID}} alone`},
		{`{{.newUUID}}`, 0, `newUUID with a dot; expected {{newUUID}} alone`},
		{`{{.Row}}`, 0, `missing column name; expected {{.Row.NAME}}`},
		{`{{.Row.ID}}`, 0, `{{.Row.ID}}: no such column; did you mean {{.Row.id}}?`},
		{`x{{.Row.address}}`, 1, `no such column; expected one of id, user name`},
		{`{{"a" "b"}}`, 0, `not a single quoted text`},
		{"{{\x00\x01}}", 0, "{{\uFFFD\uFFFD}}: unknown action"},
		{"{{" + strings.Repeat("x", 1000) + "}}", 0, strings.Repeat("x", 60) + "…}}: unknown action"},
	} {
		_, err := template.Compile(c.text, template.Options{Rows: table})
		var bad *template.SyntaxError
		if !errors.As(err, &bad) {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if bad.Offset != c.offset || !strings.Contains(bad.Message, c.says) {
			t.Errorf("%s: at %d: %s\nwant at %d: %s", c.text, bad.Offset, bad, c.offset, c.says)
		}
	}
	if _, err := template.Compile(`{{.Row.id}}`, template.Options{}); err == nil || !strings.Contains(err.Error(), "{{.Row.id}} without rows") {
		t.Error(err)
	}
}

func TestPartsCoverTheText(t *testing.T) {
	t.Parallel()
	const text = `a{{"{{"}}{{.UUID}}{{ .Row.id }}-{{.Body}}b`
	parts, err := template.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	parts, err = template.Bind(parts, template.Options{Rows: rows(t, "a.csv", "id\n\"a\"\"b\"\n"), Size: size(t, "3")})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	var all []byte
	for _, p := range parts {
		if p.Action == nil {
			names = append(names, p.Literal)
			all = append(all, p.Literal...)
			continue
		}
		if !strings.HasPrefix(text[p.Offset:], "{{") {
			t.Errorf("%s is at %d", p.Action.Name(), p.Offset)
		}
		names = append(names, p.Action.Name())
		if p.Action.Name() != "UUID" {
			all = template.New([]template.Part{p}).Append(all, values(1))
		}
	}
	if got := strings.Join(names, " "); got != "a {{ UUID Row - Body b" {
		t.Errorf("%q", got)
	}
	if !regexp.MustCompile(`^a\{\{a"b-[a-z]{3}b$`).Match(all) {
		t.Errorf("%q", all)
	}
	if _, err := template.Bind(parts[:0], template.Options{}); err != nil {
		t.Error(err)
	}
}
