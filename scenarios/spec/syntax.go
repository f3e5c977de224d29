package spec

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"rtbench/internal/lazyregexp"
)

var (
	yamlError     = lazyregexp.New(`^yaml: (?:line (\d+): )?(.*)$`)
	unknownAnchor = lazyregexp.New(`^unknown anchor '(.*)' referenced$`)
)

// yaml.v3 counts lines from 0 in these messages, and from 1 in all others.
var countedFromZero = []string{
	"did not find expected ',' or ']'", "did not find expected ',' or '}'", "did not find expected '-' indicator",
	"did not find expected <document start>", "did not find expected <stream-start>", "did not find expected key",
	"did not find expected node content", "found duplicate %TAG directive", "found duplicate %YAML directive",
	"found incompatible YAML document", "found undefined tag handle",
}

// syntax reports an error of yaml.v3, which has no column, and no line if it is the first.
func (r *Reader) syntax(data []byte, err error) {
	message, line, column := err.Error(), 1, 1
	if m := yamlError.FindStringSubmatch(message); m != nil {
		message = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
			if slices.Contains(countedFromZero, message) {
				line++
			}
		}
	}
	if m := unknownAnchor.FindStringSubmatch(message); m != nil {
		if before, _, found := bytes.Cut(data, []byte("*"+m[1])); found {
			line = 1 + bytes.Count(before, []byte("\n"))
			column = 1 + utf8.RuneCount(before[1+bytes.LastIndexByte(before, '\n'):])
		}
	}
	if l, c, why := explainSyntax(data, message, line); why != "" {
		r.place(l, c, "not YAML: %s", why)
		return
	}
	r.place(line, column, "not YAML: %s; expected lines such as `name: echo`", message)
}

var colonWithoutSpace = lazyregexp.New(`^(\s*(?:- )?[A-Za-z_]\w*):(\S.*)$`)

// explainSyntax returns the position and a plain explanation of a parser message; empty if there
// is none better.
func explainSyntax(data []byte, message string, line int) (atLine, column int, why string) {
	text := lineOf(data, line)
	indent := 1 + len(text) - len(strings.TrimLeft(text, " \t"))
	switch message {
	case "found character that cannot start any token":
		if tab := strings.IndexByte(text, '\t'); tab >= 0 && tab < indent-1 {
			return line, tab + 1, "found a tab; expected spaces"
		}
		if at := strings.IndexAny(text, "@`%"); at >= 0 {
			return line, 1 + utf8.RuneCountInString(text[:at]), fmt.Sprintf("found text that starts with %c; expected quotes around it", text[at])
		}
	case "mapping values are not allowed in this context":
		if first := strings.Index(text, ": "); first >= 0 {
			if second := strings.Index(text[first+1:], ": "); second >= 0 {
				return line, 1 + utf8.RuneCountInString(text[:first+1+second]), "found a second colon; expected quotes around text with a colon"
			}
		}
		return line, indent, "found a key after a value; expected it below the key of the line before, or quotes around text with a colon"
	case "could not find expected ':'":
		for l := line; l <= line+1; l++ {
			if m := colonWithoutSpace.FindStringSubmatch(strings.TrimRight(lineOf(data, l), "\r")); m != nil {
				return l, 1 + len(m[1]), fmt.Sprintf("missing space after the colon; expected `%s: %s`", strings.TrimSpace(m[1]), Shorten(m[2]))
			}
		}
		return line, indent, "found a line without a key; expected lines such as `name: echo`"
	case "did not find expected key":
		return line, indent, "inconsistent indentation; expected keys of one level aligned"
	}
	if strings.Contains(message, "',' or") || strings.Contains(message, "end of stream") || message == "did not find expected node content" {
		return explainBrackets(data, line, indent)
	}
	return 0, 0, ""
}

// explainBrackets is explainSyntax for brackets and quotes.
func explainBrackets(data []byte, line, indent int) (atLine, column int, why string) {
	b := scanBrackets(string(data))
	switch {
	case b.variable.line > 0 && b.variable.line <= line:
		return b.variable.line, b.variable.column, "variable in brackets without quotes; expected [\"${NAME}\"]"
	case b.quote.line > 0:
		return b.quote.line, b.quote.column, "unclosed quote; expected it at the end of the text"
	case b.wrong.line > 0:
		return b.wrong.line, b.wrong.column, fmt.Sprintf("%q closes the %q of line %d; expected %q there", string(b.wrong.char), string(b.open.char), b.open.line, string(closing[b.open.char]))
	case b.open.line > 0:
		return b.open.line, b.open.column, fmt.Sprintf("unclosed %q; expected %q after its values", string(b.open.char), string(closing[b.open.char]))
	case indent > 0 && strings.TrimSpace(lineOf(data, line)) != "":
		return line, indent, "missing comma before this line; expected [a, b] or {a: 1, b: 2}"
	}
	return 0, 0, ""
}

// lineOf returns a line of data, counted from 1.
func lineOf(data []byte, line int) string {
	for range line - 1 {
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	return string(first)
}
