package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Problem is an error in a scenario with its position. The zero value is not a problem.
type Problem struct {
	File         string
	Line, Column int    // from 1; 0 without a position
	Message      string // cause; expected …; did you mean …?

	order int // index of the file
}

// plannedKeys are the keys that plans are judged by after parsing.
var plannedKeys = []string{"load.rate", "load.stages", "load.connections", "load.streams", "payload.size", "phases.steady", "repetitions", "thresholds"}

// places returns the positions of plannedKeys.
func (r *reader) places() map[string]Problem {
	out := map[string]Problem{}
	before := len(r.problems)
	for _, path := range plannedKeys {
		r.problemAt(path, "")
		out[path] = r.problems[before]
		r.problems = r.problems[:before]
	}
	return out
}

// Problem returns a problem at the position of a key of a valid scenario.
func (s *Scenario) Problem(path, format string, args ...any) Problem {
	p, known := s.places[path]
	if !known {
		p = Problem{File: s.File}
	}
	p.Message = path + ": " + fmt.Sprintf(format, args...)
	return p
}

// String formats the problem as file:line:column: message, or flag: message.
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problems are all errors in a scenario, sorted by position.
type Problems []Problem

// Error implements error, with one problem per line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, q := range p {
		lines[i] = q.String()
	}
	return strings.Join(lines, "\n")
}

func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return p
}

// quote quotes text for a message, without passwords in URLs.
func quote(s string) string { return fmt.Sprintf("%q", shorten(HideUsers(s))) }

// shorten truncates long text for a message.
func shorten(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
