package target

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"rtbench/scenarios"
	"rtbench/scenarios/template"
)

// minSecret is the least length of a secret. Shorter values would match parts of words.
const minSecret = 4

// newCustom returns a target that knows the scenario's secrets: the values of variables and
// cookies, and of headers and query parameters that carry credentials.
func newCustom(s *scenarios.Scenario) *Custom {
	t := &Custom{}
	for _, name := range s.Variables {
		t.addSecret(os.Getenv(name))
	}
	for _, p := range s.Custom.Cookies {
		t.addSecret(p.Value)
	}
	for _, p := range slices.Concat(s.Custom.Headers, s.Custom.Query) {
		if scenarios.Secretive(p.Name) {
			t.addSecret(p.Value)
			if scheme, credentials, ok := strings.Cut(p.Value, " "); ok {
				t.addSecret(credentials)
				t.addBasicCredentials(scheme, credentials)
			}
		}
	}
	return t
}

// addBasicCredentials adds the password of HTTP Basic credentials.
func (t *Custom) addBasicCredentials(scheme, credentials string) {
	pair, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(credentials, "="))
	if _, password, ok := strings.Cut(string(pair), ":"); ok && err == nil && strings.EqualFold(scheme, "Basic") {
		t.addSecret(string(pair))
		t.addSecret(password)
	}
}

// collectRowSecrets adds the columns that an authenticate step uses or whose names suggest secrets.
func (t *Custom) collectRowSecrets(rows *template.Rows, steps []scenarios.Step) {
	shown := ""
	for _, s := range steps {
		if s.Do == "authenticate" {
			shown += s.Text
		}
	}
	for i, column := range rows.Columns() {
		if !scenarios.Secretive(column) && !strings.Contains(shown, "Row."+column) {
			continue
		}
		for row := range rows.Len() {
			t.addSecret(string(rows.Value(row, i)))
		}
	}
}

func (t *Custom) addSecret(secret string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(secret) < minSecret || t.known[secret] {
		return
	}
	if t.known == nil {
		t.known = map[string]bool{}
	}
	t.known[secret] = true
	t.secrets = append(t.secrets, encodings(secret)...)
}

// encodings returns the forms in which a secret may appear in a text, the secret itself first.
func encodings(secret string) []string {
	quoted, inJSON := strconv.Quote(secret), secret
	if b, err := json.Marshal(secret); err == nil {
		inJSON = string(b[1 : len(b)-1])
	}
	printable := strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '.'
		}
		return c
	}, secret)
	path := (&url.URL{Path: secret}).EscapedPath()
	all := []string{secret}
	for _, form := range []string{
		url.QueryEscape(secret), lowerEscapes(url.QueryEscape(secret)), queryEscape(secret), lowerEscapes(queryEscape(secret)), url.PathEscape(secret), lowerEscapes(url.PathEscape(secret)), path,
		quoted[1 : len(quoted)-1], inJSON, printable, strings.ReplaceAll(printable, ".", " "), strings.TrimRight(secret, "="),
		hex.EncodeToString([]byte(secret)),
	} {
		if len(form) >= minSecret && !slices.Contains(all, form) {
			all = append(all, form)
		}
	}
	return all
}

// lowerEscapes writes URL escapes in lower case.
func lowerEscapes(escaped string) string {
	b := []byte(escaped)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], bytes.ToLower(b[i+1:i+3]))
		}
	}
	return string(b)
}

// Redact returns text without its secrets, and without the beginning of a secret if the text was
// truncated. It is safe for concurrent use.
func (t *Custom) Redact(text string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	hidden := t.find(text)
	for _, end := range cutPoints(text) {
		for _, form := range t.secrets {
			for n := min(len(form)-1, end); n >= minSecret; n-- {
				if strings.HasSuffix(text[:end], form[:n]) {
					mark(hidden, end-n, n)
					break
				}
			}
		}
	}
	return removeMarked(text, hidden)
}

// find marks the bytes of text that are part of a secret. The caller holds t.mu.
func (t *Custom) find(text string) []bool {
	hidden := make([]bool, len(text))
	for _, form := range t.secrets {
		for from := 0; ; {
			at := strings.Index(text[from:], form)
			if at < 0 {
				break
			}
			mark(hidden, from+at, len(form))
			from += at + 1
		}
	}
	return hidden
}

func mark(hidden []bool, from, n int) {
	for i := from; i < from+n; i++ {
		hidden[i] = true
	}
}

// cutPoints returns the offsets at which a text may have been truncated: its end, and before "…"
// and a quote.
func cutPoints(text string) []int {
	all := []int{len(text)}
	for i := range text {
		if text[i] == '"' || strings.HasPrefix(text[i:], "…") || strings.HasPrefix(text[i:], ", found ") {
			all = append(all, i)
		}
	}
	return all
}

func removeMarked(text string, hidden []bool) string {
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !hidden[i]:
			b.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			b.WriteString("…")
		}
	}
	return b.String()
}

// Mask returns a message with * for each byte of a secret, so that length prefixes stay correct.
// It does not change b.
func (t *Custom) Mask(b []byte) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	masked := bytes.Clone(b)
	for i, hidden := range t.find(string(b)) {
		if hidden {
			masked[i] = '*'
		}
	}
	return masked
}
