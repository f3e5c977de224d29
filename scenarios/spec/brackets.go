package spec

import "strings"

// A spot is a character and its position, counted from 1. The zero value means none.
type spot struct {
	line, column int
	char         rune
}

// brackets describes mismatched brackets in a text.
type brackets struct {
	open     spot // innermost open bracket at a mismatch
	wrong    spot // closing bracket of another kind
	quote    spot // bracket without its closing one
	variable spot // first ${ inside brackets without quotes
}

var closing = map[rune]rune{'[': ']', '{': '}'}

// scanBrackets scans text that is not valid YAML up to the first mismatched bracket. Outside
// brackets, a bracket counts only at the start of a value.
func scanBrackets(text string) brackets {
	s := scan{at: spot{line: 1}, before: '\n'}
	last := '\n'
	for _, c := range text {
		s.at.column++
		s.at.char = c
		if s.step(c, last) {
			return s.found
		}
		if c == '\n' {
			s.at.line, s.at.column = s.at.line+1, 0
		}
		if !strings.ContainsRune(" \t\r", c) && (c != '\n' || len(s.stack) == 0) {
			s.before = c
		}
		last = c
	}
	if s.quote.char != '\n' {
		s.found.quote = s.quote
	}
	if len(s.stack) > 0 {
		s.found.open = s.stack[len(s.stack)-1]
	}
	return s.found
}

// A scan is the state of scanBrackets.
type scan struct {
	at     spot
	stack  []spot // open brackets
	quote  spot   // current quote; # in a comment, which ends with the line
	before rune   // last non-space character
	found  brackets
}

// step consumes a character and reports whether a bracket is closed wrongly.
func (s *scan) step(c, last rune) bool {
	begins := strings.ContainsRune("\n:-,[{", s.before)
	switch {
	case s.quote.line > 0:
		if c == s.quote.char && last != '\\' {
			s.quote = spot{}
		}
	case c == '#' && strings.ContainsRune(" \t\n", last):
		s.quote = spot{s.at.line, s.at.column, '\n'}
	case (c == '"' || c == '\'') && begins:
		s.quote = s.at
	case closing[c] != 0 && len(s.stack) > 0, closing[c] != 0 && begins:
		if c == '{' && last == '$' && s.found.variable.line == 0 {
			s.found.variable = spot{s.at.line, s.at.column - 1, '$'}
		}
		s.stack = append(s.stack, s.at)
	case (c == ']' || c == '}') && len(s.stack) > 0:
		top := s.stack[len(s.stack)-1]
		if closing[top.char] != c {
			s.found.open, s.found.wrong = top, s.at
			return true
		}
		s.stack = s.stack[:len(s.stack)-1]
	}
	return false
}
