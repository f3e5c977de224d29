package template

import (
	"fmt"
	"strconv"
	"strings"
)

// A SyntaxError is what is wrong with a template, a path or a size.
type SyntaxError struct {
	Offset  int    // in bytes, from the beginning of the text
	Message string // what is wrong, what was expected, what may have been meant
}

func (e *SyntaxError) Error() string { return e.Message }

func wrong(offset int, format string, args ...any) *SyntaxError {
	return &SyntaxError{offset, fmt.Sprintf(format, args...)}
}

// A Part is a piece of a template: text that is copied, or an action.
type Part struct {
	Literal string // where Action is nil
	Action  Action
	Offset  int // of the piece in the template's text, in bytes; of an action, of its {{
}

// An Action is what stands between {{ and }}, compiled. It is immutable and safe for
// concurrent use.
type Action interface {
	// Append appends the action's text for a message. It allocates nothing once dst has room.
	Append(dst []byte, v *Values) []byte
	// Name is RequestNumber, UUID, randomInt, Row …, without a dot.
	Name() string
}

const (
	opening, closing = "{{", "}}"
	literalOpening   = `{{"{{"}}`
)

// Parse cuts a template into parts, in the order of the text. No literal is empty, and two
// may follow one another: {{"{{"}} is one of its own. {{.Row.NAME}} and {{.Body}} append
// nothing before they are bound. The error is a *SyntaxError.
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
			return nil, wrong(at, "{{ is not closed: expected }} after it; to have {{ in a message, write %s", literalOpening)
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

// closed is where the }} of an action is, which one between quotes is not; -1: nowhere.
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

// quotedEnd is the length of the Go string that text begins with; -1: it does not end.
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

// parseAction compiles what stands between {{ and }}, the first of which is at offset.
func parseAction(inside string, offset int) (Part, error) {
	text := strings.TrimSpace(inside)
	if text == "" {
		return Part{}, wrong(offset, "there is nothing between {{ and }}; %s", available())
	}
	if text[0] == '"' || text[0] == '`' {
		literal, err := strconv.Unquote(text)
		if err != nil {
			return Part{}, wrong(offset, "{{%s}} is not one text between quotes; expected it as in %s", shown(text), literalOpening)
		}
		return Part{Literal: literal, Offset: offset}, nil
	}
	if column, ok := strings.CutPrefix(strings.TrimPrefix(text, "."), "Row."); ok {
		return Part{Action: action{name: "Row", append: nothing, column: column}, Offset: offset}, nil
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
			return Part{}, wrong(offset, "{{%s}}: found %s; expected %s, whole numbers", shown(text), shown(w), known.form)
		}
	}
	if len(numbers) < known.least || len(numbers) > known.most {
		return Part{}, wrong(offset, "{{%s}}: expected %s", shown(text), known.form)
	}
	appends, complaint := known.compile(numbers)
	if complaint != "" {
		return Part{}, wrong(offset, "{{%s}}: %s", shown(text), complaint)
	}
	return Part{Action: action{name: known.name, append: appends}, Offset: offset}, nil
}

// unsupported says what a template of Go's text/template has and ours has not.
func unsupported(text string, offset int) error {
	switch {
	case strings.HasPrefix(text, "/*"):
		return wrong(offset, "{{%s}}: there are no comments in templates", shown(text))
	case strings.HasPrefix(text, "- "), strings.HasSuffix(text, " -"):
		return wrong(offset, "{{%s}}: white space is not trimmed; expected no - beside the braces", shown(text))
	case strings.ContainsRune(text, '|'):
		return wrong(offset, "{{%s}}: there are no pipelines; %s", shown(text), available())
	case strings.ContainsAny(text, "(),"):
		return wrong(offset, "{{%s}}: there are no parentheses and commas; expected a name and numbers with spaces between them, such as {{randomInt 1 100}}", shown(text))
	case strings.HasPrefix(text, "$"):
		return wrong(offset, "{{%s}}: there are no variables; %s", shown(text), available())
	}
	return nil
}
