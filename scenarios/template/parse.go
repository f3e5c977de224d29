package template

import (
	"fmt"
	"strconv"
	"strings"
)

// A SyntaxError describes an error in a template, path or size.
type SyntaxError struct {
	Offset  int    // in bytes
	Message string // cause; expected …; did you mean …?
}

func (e *SyntaxError) Error() string { return e.Message }

func wrong(offset int, format string, args ...any) *SyntaxError {
	return &SyntaxError{offset, fmt.Sprintf(format, args...)}
}

// A Part is a literal or an action of a template.
type Part struct {
	Literal string // if Action is nil
	Action  *Action
	Offset  int // in bytes, of the literal or the {{ of the action
}

const (
	opening, closing = "{{", "}}"
	literalOpening   = `{{"{{"}}`
)

// Parse splits a template into parts, in order. Literals are not empty, and two may be adjacent:
// {{"{{"}} is a literal of its own. {{.Row.NAME}}, {{.Body}} and captured values append nothing until
// Bind. The error is a *SyntaxError.
func Parse(text string) ([]Part, error) {
	var parts []Part
	at := 0
	for {
		literal, rest, found := strings.Cut(text[at:], opening)
		if literal != "" {
			parts = append(parts, Part{Literal: literal, Offset: at})
		}
		if !found {
			return parts, nil
		}
		at += len(literal)
		length := closed(rest)
		if length < 0 {
			return nil, wrong(at, "unclosed {{; expected }} after it, or %s for a literal {{", literalOpening)
		}
		p, err := parseAction(rest[:length], at)
		if err != nil {
			return nil, err
		}
		if p.Action != nil || p.Literal != "" {
			parts = append(parts, p)
		}
		at += len(opening) + length + len(closing)
	}
}

// closed returns the position of the }} of an action, outside quotes; -1 if there is none.
func closed(text string) int {
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case strings.HasPrefix(text[i:], closing):
			return i
		case b == '"' || b == '`':
			end := quotedEnd(text[i:])
			if end < 0 {
				return -1
			}
			i += end - 1
		}
	}
	return -1
}

// quotedEnd returns the length of the Go string at the start of text; -1 if it is not closed.
func quotedEnd(text string) int {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == text[0]:
			return i + 1
		case text[i] == '\\' && text[0] == '"':
			i++
		}
	}
	return -1
}

// parseAction compiles the text between {{ and }}, which starts at offset.
func parseAction(inside string, offset int) (Part, error) {
	text := strings.TrimSpace(inside)
	if text == "" {
		return Part{}, wrong(offset, "empty {{ }}; %s", available())
	}
	if text[0] == '"' || text[0] == '`' {
		literal, err := strconv.Unquote(text)
		if err != nil {
			return Part{}, wrong(offset, "{{%s}}: not a single quoted text; expected one such as %s", shown(text), literalOpening)
		}
		return Part{Literal: literal, Offset: offset}, nil
	}
	if column, ok := strings.CutPrefix(strings.TrimPrefix(text, "."), "Row."); ok {
		return Part{Action: &Action{name: "Row", append: nothing, column: column}, Offset: offset}, nil
	}
	if name, ok := capturedName(text); ok {
		return Part{Action: &Action{name: name, append: nothing, captured: true}, Offset: offset}, nil
	}
	if err := unsupported(text, offset); err != nil {
		return Part{}, err
	}
	words := strings.Fields(text)
	known, err := find(words[0], offset)
	if err != nil {
		return Part{}, err
	}
	numbers := make([]int64, len(words)-1)
	for i, w := range words[1:] {
		if numbers[i], err = strconv.ParseInt(w, 10, 64); err != nil {
			return Part{}, wrong(offset, "{{%s}}: found %s; expected integers in %s", shown(text), shown(w), known.form)
		}
	}
	if len(numbers) < known.least || len(numbers) > known.most {
		return Part{}, wrong(offset, "{{%s}}: expected %s", shown(text), known.form)
	}
	appends, complaint := known.compile(numbers)
	if complaint != "" {
		return Part{}, wrong(offset, "{{%s}}: %s", shown(text), complaint)
	}
	return Part{Action: &Action{name: known.name, append: appends}, Offset: offset}, nil
}

// unsupported explains features of text/template that templates do not have.
func unsupported(text string, offset int) error {
	switch {
	case strings.HasPrefix(text, "/*"):
		return wrong(offset, "{{%s}}: comments are not supported", shown(text))
	case strings.HasPrefix(text, "- "), strings.HasSuffix(text, " -"):
		return wrong(offset, "{{%s}}: trimming is not supported; expected no - next to the braces", shown(text))
	case strings.ContainsRune(text, '|'):
		return wrong(offset, "{{%s}}: pipelines are not supported; %s", shown(text), available())
	case strings.ContainsAny(text, "(),"):
		return wrong(offset, "{{%s}}: parentheses and commas are not supported; expected a name and numbers separated by spaces, such as {{randomInt 1 100}}", shown(text))
	case strings.HasPrefix(text, "$"):
		return wrong(offset, "{{%s}}: variables are not supported; %s", shown(text), available())
	}
	return nil
}
