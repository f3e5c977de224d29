package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Problem is an error in a file or a flag, with its position. The zero value is not a problem.
type Problem struct {
	File         string // empty for a flag of its own, which Message begins with
	Line, Column int    // from 1; 0 without a position
	Message      string // cause; expected …; did you mean …?

	order int // index of the source
}

// String formats the problem as file:line:column: message, or flag: message.
func (p Problem) String() string {
	switch {
	case p.File == "":
		return p.Message
	case p.Line == 0:
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problems are all errors of a scenario.
type Problems []Problem

// Error implements error, with one problem per line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, q := range p {
		lines[i] = q.String()
	}
	return strings.Join(lines, "\n")
}

// Sorted sorts the problems by position, and returns them.
func (p Problems) Sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return p
}

// Quote quotes text for a message, shortened and without passwords in URLs.
func Quote(s string) string { return fmt.Sprintf("%q", shorten(HideUsers(s))) }

// Shorten returns text for a message: its beginning, on one line.
func Shorten(s string) string { return shorten(OneLine(s)) }

func shorten(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// OneLine replaces control characters and invalid UTF-8.
func OneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "?"))
}
