package template_test

import (
	"errors"
	"strings"
	"testing"

	"rtbench/scenarios/template"
)

func FuzzCompile(f *testing.F) {
	for _, text := range []string{
		`{"id":{{.RequestNumber}},"u":"{{.UUID}}","r":"{{.Row.id}}"}`, `{{"{{"}}`, `{{randomString 3 5}}{{randomInt -1 9}}`,
		`{{.Body}}{{.Header}}`, `{{`, `{{"`, "{{`}}`}}", `{{.Row.}}`, `{{if x}}`,
		`{"s":"{{.session}}","r":{{.session}}}`, `{{.sesion}}`, `{{.a_B9 }}`,
	} {
		f.Add(text)
	}
	table := rows(f, "a.csv", "id,name\n1,a\n2,\"b\"\"\"\n")
	length := size(f, "uniform(0, 20)")
	f.Fuzz(func(t *testing.T, text string) {
		o := template.Options{Rows: table, Size: length, Captured: []string{"session"}}
		form, err := template.Compile(text, o)
		if err != nil {
			var bad *template.SyntaxError
			if !errors.As(err, &bad) || bad.Message == "" || !strings.HasPrefix(text[bad.Offset:], "{{") {
				t.Fatalf("%#v", err)
			}
			return
		}
		if strings.Count(text, "randomString") > 20 {
			return
		}
		a, b := form.Append([]byte("x"), values(1)), form.Append(nil, values(1))
		if string(a) != "x"+string(b) {
			t.Fatalf("%q and %q", a, b)
		}
		if !strings.Contains(text, "{{") && string(b) != text {
			t.Fatalf("%q became %q", text, b)
		}
		// Bound parts append the same text if no row is escaped.
		parts, err := template.Parse(text)
		if err == nil {
			parts, err = template.Bind(parts, o)
		}
		if err != nil {
			t.Fatal(err)
		}
		if form.Uses("Row") {
			return
		}
		c := template.New(parts).Append(nil, values(1))
		if string(c) != string(b) {
			t.Fatalf("%q and, by parts, %q", b, c)
		}
	})
}
