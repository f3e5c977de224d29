// Package lazyregexp compiles regular expressions when they are first used. A program has many that a run does
// not need: compiled at start-up, they took 16 ms and 1.6 MB.
package lazyregexp

import (
	"regexp"
	"sync"
)

// A Regexp is a regular expression that is compiled by its first use. Its methods are those of regexp.Regexp, and
// safe for concurrent use.
type Regexp struct {
	pattern  string
	compiled func() *regexp.Regexp
}

// New returns a Regexp. If the pattern is not valid, its first use panics; TestPatternsCompile compiles all.
func New(pattern string) *Regexp {
	return &Regexp{pattern, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })}
}

func (r *Regexp) String() string { return r.pattern }

// MatchString reports whether s contains a match.
func (r *Regexp) MatchString(s string) bool { return r.compiled().MatchString(s) }

// FindString returns the first match in s.
func (r *Regexp) FindString(s string) string { return r.compiled().FindString(s) }

// FindStringSubmatch returns the first match in s and its submatches.
func (r *Regexp) FindStringSubmatch(s string) []string { return r.compiled().FindStringSubmatch(s) }

// FindAllStringSubmatch returns the first n matches in s and their submatches, all if n is negative.
func (r *Regexp) FindAllStringSubmatch(s string, n int) [][]string {
	return r.compiled().FindAllStringSubmatch(s, n)
}

// FindAllStringIndex returns the places of the first n matches in s, of all if n is negative.
func (r *Regexp) FindAllStringIndex(s string, n int) [][]int {
	return r.compiled().FindAllStringIndex(s, n)
}

// FindAllStringSubmatchIndex returns the places of the first n matches in s and their submatches, of all if n is
// negative.
func (r *Regexp) FindAllStringSubmatchIndex(s string, n int) [][]int {
	return r.compiled().FindAllStringSubmatchIndex(s, n)
}

// ReplaceAllString returns s with all matches replaced by repl, in which $1 is the first submatch.
func (r *Regexp) ReplaceAllString(s, repl string) string {
	return r.compiled().ReplaceAllString(s, repl)
}

// ReplaceAllStringFunc returns s with all matches replaced by what repl returns.
func (r *Regexp) ReplaceAllStringFunc(s string, repl func(string) string) string {
	return r.compiled().ReplaceAllStringFunc(s, repl)
}
