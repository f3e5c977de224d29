package template

import "strings"

// Expand replaces {{.NAME}} in a template with values[NAME], which is a template too. Inside a JSON string
// its text is escaped. Other actions, and an invalid template, remain.
func Expand(text string, values map[string]string) string {
	parts, err := Parse(text)
	if err != nil || len(values) == 0 {
		return text
	}
	inside, _ := insideStrings(parts)
	var b strings.Builder
	at := 0 // end of the copied part of text
	for i, p := range parts {
		if p.Action == nil || !p.Action.captured {
			continue
		}
		value, known := values[p.Action.name]
		if !known {
			continue
		}
		if inside[i] {
			value = EscapeText(value)
		}
		b.WriteString(text[at:p.Offset] + value)
		at = p.Offset + len(opening) + closed(text[p.Offset+len(opening):]) + len(closing)
	}
	return b.String() + text[at:]
}

// EscapeText returns a template whose text, without the actions, is escaped for a JSON string.
func EscapeText(s string) string {
	parts, err := Parse(s)
	if err != nil {
		return Escape(s)
	}
	var b strings.Builder
	at := 0 // end of the copied part of s
	for _, p := range parts {
		b.WriteString(s[at:p.Offset])
		at = p.Offset
		if p.Action == nil && !strings.HasPrefix(s[at:], opening) {
			b.WriteString(Escape(p.Literal))
			at += len(p.Literal)
		}
	}
	return b.String() + s[at:]
}
