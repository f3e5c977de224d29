package scenarios

import "strings"

// A spot is a character of a text and where it stands, from 1. The zero value is none.
type spot struct {
	line, column int
	char         rune
}

// brackets are what is wrong with those of a text, as far as can be told by looking.
type brackets struct {
	open     spot // the innermost one that is open, where it is closed wrongly or never
	wrong    spot // one that closes another kind
	quote    spot // one that is not closed
	variable spot // the first ${ between brackets without quotes
}

var closing = map[rune]rune{'[': ']', '{': '}'}

// scanBrackets looks at a text that is no YAML, up to what is wrong with its brackets.
// Outside of brackets one counts only where a value begins.
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

// A scan is on its way through a text.
type scan struct {
	at     spot
	stack  []spot // of brackets that are open
	quote  spot   // that it is in; of a comment, which a line's end closes
	before rune   // the last character that is no space
	found  brackets
}

// step looks at a character and says whether a bracket is closed wrongly.
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
