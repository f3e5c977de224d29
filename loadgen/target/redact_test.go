package target_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/loadgen/target"
)

// withSecrets returns a target that has each secret in a header.
func withSecrets(t *testing.T, secrets ...string) *target.Custom {
	t.Helper()
	var headers []string
	for i, s := range secrets {
		t.Setenv(fmt.Sprint("TEST_TARGET_HIDDEN_", i), s)
		headers = append(headers, fmt.Sprintf("X-Key-%d: '${TEST_TARGET_HIDDEN_%d}'", i, i))
	}
	_, server := visitor(t, scenario(t, t.TempDir(), "sse", "127.0.0.1:1", false, "headers: {"+strings.Join(headers, ", ")+"}"))
	return server
}

func TestRedact(t *testing.T) {
	for _, c := range []struct {
		secrets    []string
		text, want string
	}{
		{[]string{"sesame"}, "open sesame!", "open …!"},
		{[]string{"sesame"}, "sesamesesame and sesame", "… and …"},
		{[]string{"sesame"}, "nothing here", "nothing here"},
		{[]string{"abc"}, "too short: abc", "too short: abc"},
		{[]string{"a b&c=d/e"}, "as a b&c=d/e, " + url.QueryEscape("a b&c=d/e") + ", " + url.PathEscape("a b&c=d/e") + " or " + strings.ToLower(url.QueryEscape("a b&c=d/e")), "as …, …, … or …"},
		{[]string{"a/b c"}, "at /a/b%20c/d", "at /…/d"},
		{[]string{`say "a\b"`}, fmt.Sprintf("quoted %q", `say "a\b"`), `quoted "…"`},
		{[]string{"<tokén>"}, `in JSON \u003ctokén\u003e, in Go "<tok\u00e9n>" `, `in JSON …, in Go "<tok\u00e9n>" `},
		{[]string{"first", "first and second"}, "first and second, first", "…, …"},
		{[]string{"abcd1234", "1234efgh"}, "<abcd1234efgh>", "<…>"},
		{[]string{"1234efgh", "abcd1234"}, "<abcd1234efgh> <1234abcd1234>", "<…> <1234…>"},
		{[]string{"sesame-open"}, "cut in it: sesame-o", "cut in it: …"},
		{[]string{"sesame-open"}, "cut in it: sesame-o… and goes on", "cut in it: …… and goes on"},
		{[]string{"sesame-open"}, `begins with "sesam"`, `begins with "…"`},
		{[]string{"sesame-open"}, "a word of it: sesame is said", "a word of it: sesame is said"},
		{[]string{"aaaaaaaa"}, "aaaaaaaaaaaa", "…"},
	} {
		server := withSecrets(t, c.secrets...)
		if got := server.Redact(c.text); got != c.want {
			t.Errorf("with %q: %q becomes %q, want %q", c.secrets, c.text, got, c.want)
		}
	}
}

// Mask keeps the length and does not change its argument.
func TestMask(t *testing.T) {
	server := withSecrets(t, "sesame")
	message := []byte("\x0a\x06sesame\x10\x01")
	before := bytes.Clone(message)
	if got := server.Mask(message); string(got) != "\x0a\x06******\x10\x01" || !bytes.Equal(message, before) {
		t.Errorf("%q becomes %q", message, got)
	}
	if got := server.Mask(nil); len(got) > 0 {
		t.Errorf("of nothing %q", got)
	}
}

// The name and password of Basic credentials are redacted, encoded or not.
func TestRedactBasicCredentials(t *testing.T) {
	t.Setenv("TEST_TARGET_BASIC", base64.StdEncoding.EncodeToString([]byte("ann:open sesame")))
	_, server := visitor(t, scenario(t, t.TempDir(), "sse", "127.0.0.1:1", false, "headers: {Authorization: 'Basic ${TEST_TARGET_BASIC}'}"))
	text := "Basic YW5uOm9wZW4gc2VzYW1l is ann:open sesame, or open+sesame"
	if got := server.Redact(text); got != "… is …, or …" {
		t.Errorf("%q becomes %q", text, got)
	}
}

// Columns for a step that authenticates, and those with a secret's name, are redacted.
func TestRedactRows(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "users.csv", "user,code,password,room\nann-1,code-1,pass-1,room-1\nann-2,code-2,pass-2,room-2\n")
	_, server := visitor(t, read(t, filepath.Join(dir, "test.yaml"), "target: {websocket: 'ws://127.0.0.1:1/'}\npattern: push\nrows: users.csv\n"+
		"steps: [{authenticate: '{{.Row.code}}'}, {subscribe: '{{.Row.room}} {{.Row.password}}'}]\n"))
	text := "room-2 of ann-1 with code-1, code-2 and pass-2"
	if got := server.Redact(text); got != "room-2 of ann-1 with …, … and …" {
		t.Errorf("%q becomes %q", text, got)
	}
}
