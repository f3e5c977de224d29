package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Problem is one thing that is wrong with a scenario, and where. The zero
// value means nothing.
type Problem struct {
	File         string
	Line, Column int    // from 1; 0 where there is no text to point into
	Message      string // what is wrong; expected …; did you mean "nearest"?

	order int // of the file among those that were read
}

// plannedKeys are those that a plan is judged by, once the scenario is read.
var plannedKeys = []string{"load.rate", "load.stages", "load.connections", "load.streams", "payload.size", "phases.steady", "repetitions", "thresholds"}

// places are where the keys stand that a plan is judged by.
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

// Problem is one with a scenario that has been read, at the place of a key.
func (s *Scenario) Problem(path, format string, args ...any) Problem {
	p, known := s.places[path]
	if !known {
		p = Problem{File: s.File}
	}
	p.Message = path + ": " + fmt.Sprintf(format, args...)
	return p
}

// String is file:line:column: message, or flag: message.
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problems are all that is wrong with a scenario, in the order of their places.
type Problems []Problem

// Error implements error: one problem a line.
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

// quote puts text of a file into a message, without the password of a URL in it.
func quote(s string) string { return fmt.Sprintf("%q", shorten(HideUsers(s))) }

// shorten shortens what is too long for a message.
func shorten(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
