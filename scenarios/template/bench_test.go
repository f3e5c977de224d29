package template_test

import (
	"bytes"
	"strings"
	"testing"
	texttemplate "text/template"

	"rtbench/scenarios/template"
)

// hot lists the formats with asserted allocations.
func hot(t testing.TB) map[string]*template.Template {
	o := template.Options{
		Rows: rows(t, "a.csv", "id,name\n1,\"a\"\"b\"\n2,c\n"),
		Size: size(t, "choice(100: 9, 1KiB: 1)"),
	}
	texts := map[string]string{
		"static of 100 bytes":         strings.Repeat("a", 100),
		"number, time, random string": `{"id":{{.RequestNumber}},"at":{{.TimestampUnixNano}},"text":"{{randomString 20}}"}`,
		"UUID":                        `{"id":"{{.UUID}}"}`,
		"new UUID":                    `{"id":"{{newUUID}}"}`,
		"timestamp":                   `{"at":"{{.Timestamp}}"}`,
		"row":                         `{"name":"{{.Row.name}}"}`,
		"body":                        `{{.Header}}{{.Body}}`,
		"random number":               `{{randomInt -5 1000000}}`,
	}
	formats := map[string]*template.Template{}
	for name, text := range texts {
		formats[name] = compile(t, text, o)
	}
	return formats
}

const reply = `{"jsonrpc": "2.0", "status": "ok", "result": {"items": [{"id": 17, "name": "a \"quoted\" name", "price": 12.5}], "page": 1}, "at": 1772600767891234567}`

func TestHotPathAllocatesNothing(t *testing.T) {
	for name, f := range hot(t) {
		v, dst := values(1), make([]byte, 0, 8<<10)
		if n := testing.AllocsPerRun(100, func() { v.Number++; dst = f.Append(dst[:0], v) }); n != 0 {
			t.Errorf("%s: %v allocations a message", name, n)
		}
	}
	r := values(1).Rand
	for _, text := range []string{"9", "uniform(1, 9)", "normal(1KiB, 20)", "lognormal(1KiB, 1)", "exponential(1KiB)", "choice(1: 1, 2: 1)"} {
		s := size(t, text)
		if n := testing.AllocsPerRun(100, func() { s.Draw(r) }); n != 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
	p, uuid := []byte(reply), template.AppendUUID(nil, 5, r)
	for _, text := range []string{"at", "result.items[0].name", "result", "status", "missing"} {
		f := path(t, text).JSON()
		f.Find(p)
		if n := testing.AllocsPerRun(100, func() { f.Find(p) }); n != 0 {
			t.Errorf("find %s: %v allocations", text, n)
		}
	}
	if n := testing.AllocsPerRun(100, func() { template.ParseNumber(uuid) }); n != 0 {
		t.Errorf("number of a UUID: %v allocations", n)
	}
	is, contains := "ok", "k"
	holds, _ := template.Matches(&is, &contains, "")
	if n := testing.AllocsPerRun(100, func() { holds(p) }); n != 0 {
		t.Errorf("condition: %v allocations", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	for name, f := range hot(b) {
		b.Run(name, func(b *testing.B) {
			v, dst := values(1), make([]byte, 0, 8<<10)
			b.ReportAllocs()
			for b.Loop() {
				v.Number++
				dst = f.Append(dst[:0], v)
			}
		})
	}
}

// BenchmarkTextTemplate measures text/template with the second format.
func BenchmarkTextTemplate(b *testing.B) {
	letters, values := compile(b, "{{randomString 20}}", template.Options{}), values(1)
	f := texttemplate.Must(texttemplate.New("").Funcs(texttemplate.FuncMap{"randomString": func(int) string {
		return string(letters.Append(nil, values))
	}}).Parse(`{"id":{{.RequestNumber}},"at":{{.TimestampUnixNano}},"text":"{{randomString 20}}"}`))
	v := struct{ RequestNumber, TimestampUnixNano int64 }{1, at}
	var dst bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		v.RequestNumber++
		dst.Reset()
		_ = f.Execute(&dst, v)
	}
}

func BenchmarkFind(b *testing.B) {
	p := []byte(reply)
	long := []byte(`{"body":"` + strings.Repeat("abcdefgh", 128) + `","id":7}`)
	b.Run("short", func(b *testing.B) {
		f := path(b, "result.items[0].id").JSON()
		b.ReportAllocs()
		for b.Loop() {
			f.Find(p)
		}
	})
	b.Run("1 KiB", func(b *testing.B) {
		f := path(b, "id").JSON()
		for b.Loop() {
			f.Find(long)
		}
	})
}

func BenchmarkParseNumber(b *testing.B) {
	uuid := template.AppendUUID(nil, 5, values(1).Rand)
	for b.Loop() {
		template.ParseNumber(uuid)
	}
}

func BenchmarkDraw(b *testing.B) {
	for _, text := range []string{"uniform(1, 9)", "lognormal(1KiB, 1)", "choice(100: 9, 1KiB: 1)"} {
		b.Run(text, func(b *testing.B) {
			s, r := size(b, text), values(1).Rand
			for b.Loop() {
				s.Draw(r)
			}
		})
	}
}
