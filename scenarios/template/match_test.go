package template_test

import (
	"strings"
	"testing"

	"rtbench/scenarios/template"
)

func TestMatches(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	for _, c := range []struct {
		is, contains *string
		re           string
		value        string
		want         bool
	}{
		{nil, nil, "", "anything", true},
		{text("ok"), nil, "", "ok", true},
		{text("ok"), nil, "", "ok ", false},
		{text(""), nil, "", "", true},
		{text(""), nil, "", "x", false},
		{nil, text("o"), "", "ok", true},
		{nil, text("x"), "", "ok", false},
		{nil, nil, "^o.$", "ok", true},
		{nil, nil, "^o$", "ok", false},
		{text("ok"), text("k"), "o", "ok", true},
		{text("ok"), text("x"), "o", "ok", false},
		{nil, text("k"), "x", "ok", false},
	} {
		holds, err := template.Matches(c.is, c.contains, c.re)
		if err != nil || holds([]byte(c.value)) != c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for re, says := range map[string]string{
		"a(":      `regular expression "a(": missing closing ) at a(; expected RE2 syntax`,
		"(?=a)":   "no look-around",
		"a{1001}": "invalid repeat count",
	} {
		if _, err := template.Matches(nil, nil, re); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", re, err)
		}
	}
}
