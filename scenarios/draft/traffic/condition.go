package traffic

import (
	"regexp"
	"strings"

	"rtbench/scenarios/draft"
)

// condition returns a condition that holds for messages such as d, and whether there is one.
func (d *document) condition() (draft.Value, bool) {
	if d.label != "" {
		return draft.Map(draft.Key{Name: "field", Value: path(d.labelPath)}, draft.Key{Name: "is", Value: is(d.label)}), true
	}
	if len(d.leaves) > 0 {
		return draft.One("field", path(d.leaves[0].path)), true
	}
	line, _, _ := strings.Cut(d.text, "\n")
	start := line[:min(len(line), 20)]
	if i := strings.IndexAny(start, "0123456789"); i > 0 {
		start = start[:i]
	}
	switch {
	case d.text != "" && d.text == line && len(line) <= 40 && (start == line || len(line) < 3):
		return draft.One("is", is(d.text)), true
	case start == "" || strings.Contains(start, "{{"):
		return draft.Value{}, false
	}
	return draft.One("matches", draft.Text(draft.Literal("^"+regexp.QuoteMeta(strings.ToValidUTF8(start, ""))))), true
}

// path returns a path as a value.
func path(p string) draft.Value { return draft.Text(draft.Literal(p)) }

// is returns the text of a condition, which is a template.
func is(text string) draft.Value { return draft.Text(draft.Escape(text)) }

// same identifies the condition for messages such as d.
func (d *document) same() string {
	if d.label != "" {
		return d.labelPath + "=" + d.label
	}
	return d.shape
}
