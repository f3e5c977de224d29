package draft_test

import (
	"testing"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"rtbench/scenarios/draft"
	"rtbench/scenarios/template"
)

// Every text that a draft has is read from the YAML as it was.
func TestTextsAreRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", " ", "a: b", "- a", "#", "a #b", "yes", "n", "null", "~", "1e3", "0x1", "1:30", "'", `"`, "a\nb", "\x00\x1e", "\u2028", "{a}", "[", "&a", "*a", "!a", "%", "@", "`"})).Draw(t, "text")
		d := &draft.Draft{Name: "a", About: text}
		d.Add("key", draft.Map(draft.Key{Name: text, Value: draft.Text(text)}), text)
		d.Add("list", draft.List(draft.Text(text).With(text)), text)
		out := d.Text()
		var got struct {
			About string
			Key   map[string]string
			List  []string
		}
		if err := yaml.Unmarshal(out, &got); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if got.About != text || got.Key[text] != text || len(got.List) != 1 || got.List[0] != text {
			t.Fatalf("got %q, want %q\n%s", got, text, out)
		}
	})
}

// Escaped text is a template that expands to the text.
func TestEscape(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("{}$a\"ü"))).Draw(t, "text")
		compiled, err := template.Compile(unescapeDollars(draft.Escape(text)), template.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(compiled.Append(nil, &template.Values{})); got != text {
			t.Fatalf("got %q, want %q", got, text)
		}
	})
}

// unescapeDollars is the expansion of variables in text without any.
func unescapeDollars(s string) string {
	var out []rune
	for i, runes := 0, []rune(s); i < len(runes); i++ {
		if runes[i] == '$' {
			i++
		}
		out = append(out, runes[i])
	}
	return string(out)
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	var s draft.Secrets
	for _, c := range []struct{ kind, name, value, want string }{
		{"COOKIE", "sid", "a1", "${COOKIE_SID}"},
		{"COOKIE", "sid", "b2", "${COOKIE_SID_2}"},
		{"QUERY", "accessToken", "c3", "${QUERY_ACCESS_TOKEN}"},
		{"HEADER", "X-Api-Key", "d4", "${HEADER_X_API_KEY}"},
		{"HEADER", "other", "a1", "${COOKIE_SID}"},
		{"MESSAGE", "ünï", "e5", "${MESSAGE_N}"},
		{"MESSAGE", "", "f6", "${MESSAGE_SECRET}"},
	} {
		if got := s.Hide(c.kind, c.name, c.value); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.kind, c.name, got, c.want)
		}
	}
	for value, want := range map[string]bool{
		"hello": false, "2026-01-02T03:04:05Z": false, "6fa459ea-ee8a-4ca4-894e-db77e160355e": false, "a-long-name-of-a-room-with-words": false,
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2ln": true, "0123456789abcdef0123456789abcdef": true, "QmFzZTY0VGlja2V0MTIzNDU2": true, "sk-live-51Habc00": true,
	} {
		if draft.IsSecret("text", value) != want {
			t.Errorf("%s: secret %v", value, !want)
		}
	}
	if !draft.IsSecret("password", "x") || draft.IsSecret("password", "") {
		t.Error("a password is a secret, unless it is empty")
	}
}
