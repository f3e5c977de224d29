package template

import "testing"

func TestExpand(t *testing.T) {
	values := map[string]string{"topic": "lobby", "quote": `say "hi"`, "payload": `{"n":{{.Seq}},"a":"\n"}`, "empty": ""}
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"{{.topic}}", "lobby"},
		{"a{{ .topic }}b{{.topic}}", "alobbyblobby"},
		{"{{.empty}}|{{.other}}|{{.Seq}}", "|{{.other}}|{{.Seq}}"},
		{`{"text":"{{.quote}}"}`, `{"text":"say \"hi\""}`},
		{`42{{.RequestNumber}}["{{.quote}}",{{.payload}}]`, `42{{.RequestNumber}}["say \"hi\"",{"n":{{.Seq}},"a":"\n"}]`},
		{`{"json":"{{.payload}}"}`, `{"json":"{\"n\":{{.Seq}},\"a\":\"\\n\"}"}`},
		{"to:{{.quote}}\n\n{{.payload}}", "to:say \"hi\"\n\n" + `{"n":{{.Seq}},"a":"\n"}`},
		{`{{"{{"}}{{.topic}}`, `{{"{{"}}lobby`},
		{"{{.topic", "{{.topic"},
	} {
		if got := Expand(c.text, values); got != c.want {
			t.Errorf("%q expands to %q, expected %q", c.text, got, c.want)
		}
	}
}
