package scenarios_test

import (
	"strings"
	"testing"

	"rtbench/scenarios"
)

func TestParseSelector(t *testing.T) {
	for text, want := range map[string]string{
		"up":                                "up",
		" app:rate5m { }":                   "app:rate5m",
		`a{b="c"}`:                          `a{b="c"}`,
		`a{ b = "c" , d="e\"}\\",}`:         `a{b="c",d="e\"}\\"}`,
		`http_requests_total{route="/a,b"}`: `http_requests_total{route="/a,b"}`,
	} {
		if got, err := scenarios.ParseSelector(text); err != nil || got.String() != want {
			t.Errorf("%s: %v, %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                        "expected the name of a metric first",
		"5":                       "expected the name of a metric first",
		"rate(a[5m])":             `found "(a[5m])" after the name`,
		`a{b="c"`:                 "expected a comma or a closing brace",
		`a{b="c"} 5`:              `found " 5" after the labels`,
		`a{b!="c"}`:               "expected NAME=\"VALUE\"",
		`a{b="c",b="d"}`:          "found label b twice",
		`a{b="\q"}`:               "expected a backslash only before",
		`a{b="c" d="e"}`:          "expected a comma or a closing brace",
		strings.Repeat("a", 1001): "1001 bytes; expected at most 1000",
	} {
		if got, err := scenarios.ParseSelector(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %q", text, got, err, want)
		}
	}
}

// A selector that is accepted is written so that it is read as the same selector.
func FuzzParseSelector(f *testing.F) {
	for _, text := range []string{"up", `a{b="c"}`, `a{b="\\\"\n", c=""}`, "a{", `a{b="`, `a{}}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := scenarios.ParseSelector(text)
		if err != nil {
			return
		}
		again, err := scenarios.ParseSelector(s.String())
		if err != nil || again.String() != s.String() {
			t.Errorf("%q is %s, then %s, %v", text, s, again, err)
		}
	})
}
