package scenarios

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"rtbench/scenarios/spec"
)

func TestPublicURL(t *testing.T) {
	for _, c := range []struct{ value, written, want string }{
		{"wss://h/ws", "", "wss://h/ws"},
		{"wss://h:8/ws?token=a&b&c=", "", "wss://h:8/ws?token=…&…&c=…"},
		{"wss://h/ws/abc?t=abc", "wss://h/ws/${KEY}?t=${KEY}", "wss://h/ws/${KEY}?t=…"},
		{"wss://h/a/b?c", "${URL}", "wss://h/…?…"},
		{"wss://h/a?c=d", "wss://${HOST}", "wss://h/…?…"},
		{"wss://h/a?c=d&e=f", "wss://h/a?${Q}", "wss://h/a?…"},
		{"wss://h", "wss://${HOST:-a/b?c}", "wss://h"},
		{"WSS://u:p@h/x", "", "wss://h/x"},
	} {
		if got := publicURL(c.value, c.written); got != c.want {
			t.Errorf("%s as %s: got %s, want %s", c.value, c.written, got, c.want)
		}
	}
}

// net/url agrees on accepted URLs, and redacted URLs contain no user information or values.
func FuzzURL(f *testing.F) {
	for _, text := range []string{"wss://h:8/ws?token=hunter2&b=hunter2", "https://[::1]/a%20b", "grpc://h/a.B/C", "tcp://h:7", "ws://a@b@c/", "http://h?x=/y#z", "ws://h:/"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, w := range customProtocols {
			if fault := urlFault(w, text); fault != "" {
				if strings.ContainsAny(fault, "\n\x00") {
					t.Fatalf("%q is not one line", fault)
				}
				continue
			}
			u, err := url.Parse(text)
			if err != nil {
				t.Fatalf("%q is taken for a URL: %v", text, err)
			}
			a, _ := cutURL(text)
			port := u.Port()
			if u.User != nil || u.Fragment != "" || u.Scheme != a.scheme || u.EscapedPath() != a.path || u.RawQuery != a.query || port != a.port {
				t.Fatalf("%q is %+v here and %+v there", text, a, u)
			}
			shown := publicURL(text, "")
			for _, pair := range strings.Split(a.query, "&") {
				if name, value, found := strings.Cut(pair, "="); found && !strings.Contains(shown, name+"=…") || strings.Contains(shown, "="+value) && value != "" {
					t.Fatalf("%q is shown as %q", text, shown)
				}
			}
		}
	})
}

// YAML keys and values become the equivalent JSON.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{"{a: [1, 2.5, true, null, ~], b: 'c\"d'}", "- 010\n- 0x1F\n- .inf\n- 1_000\n- 2024-01-01\n", "a: |\n  b\n  c\n", "{a: '{{.Seq}}', b: 'x{{.Seq}}'}", "{{\"{{\"}}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := spec.NewReader("f")
		n := r.Parse(0, text, &spec.Variables{Lookup: func(string) (string, bool) { return "x", true }})
		if n == nil {
			return
		}
		out := ""
		jsonText(&out).Read(r, "x", n)
		if len(r.Problems) > 0 || strings.Contains(text, "{{") {
			return
		}
		if !json.Valid([]byte(out)) {
			t.Fatalf("%q becomes %q", text, out)
		}
	})
}
