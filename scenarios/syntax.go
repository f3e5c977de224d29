package scenarios

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	yamlError     = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// yaml.v3 counts the lines of these from 0 and of all others from 1.
var countedFromZero = []string{
	"did not find expected ',' or ']'", "did not find expected ',' or '}'", "did not find expected '-' indicator",
	"did not find expected <document start>", "did not find expected <stream-start>", "did not find expected key",
	"did not find expected node content", "found duplicate %TAG directive", "found duplicate %YAML directive",
	"found incompatible YAML document", "found undefined tag handle",
}

// syntax turns yaml.v3's error into a problem. It has no column, and no line
// where that is the first.
func (r *reader) syntax(data []byte, err error) {
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

var colonWithoutSpace = regexp.MustCompile(`^(\s*(?:- )?[A-Za-z_]\w*):(\S.*)$`)

// explainSyntax says in the words of who writes a scenario what a message of the parser
// is about, and where; nothing where the message will do.
func explainSyntax(data []byte, message string, line int) (atLine, column int, why string) {
	text := lineOf(data, line)
	indent := 1 + len(text) - len(strings.TrimLeft(text, " \t"))
	switch message {
	case "found character that cannot start any token":
		if tab := strings.IndexByte(text, '\t'); tab >= 0 && tab < indent-1 {
			return line, tab + 1, "a tab; expected spaces, YAML takes no tabs before a key"
		}
		if at := strings.IndexAny(text, "@`%"); at >= 0 {
			return line, 1 + utf8.RuneCountInString(text[:at]), fmt.Sprintf("a text that begins with %c; expected quotes around it", text[at])
		}
	case "mapping values are not allowed in this context":
		if first := strings.Index(text, ": "); first >= 0 {
			if second := strings.Index(text[first+1:], ": "); second >= 0 {
				return line, 1 + utf8.RuneCountInString(text[:first+1+second]), "a second colon in the line; expected quotes around a text with one"
			}
		}
		return line, indent, "a key where none can be, as the line before has a value; expected it below the key of the line before, or quotes around a text with a colon"
	case "could not find expected ':'":
		for l := line; l <= line+1; l++ {
			if m := colonWithoutSpace.FindStringSubmatch(strings.TrimRight(lineOf(data, l), "\r")); m != nil {
				return l, 1 + len(m[1]), fmt.Sprintf("no space after the colon; expected `%s: %s`", strings.TrimSpace(m[1]), shorten(m[2]))
			}
		}
		return line, indent, "a line that is no key with a value; expected lines such as `name: echo`"
	case "did not find expected key":
		return line, indent, "a line indented otherwise than those around it; expected the keys of one level straight below each other"
	}
	if strings.Contains(message, "',' or") || strings.Contains(message, "end of stream") || message == "did not find expected node content" {
		return explainBrackets(data, line, indent)
	}
	return 0, 0, ""
}

// explainBrackets is explainSyntax for what is wrong between brackets and quotes.
func explainBrackets(data []byte, line, indent int) (atLine, column int, why string) {
	b := scanBrackets(string(data))
	switch {
	case b.variable.line > 0 && b.variable.line <= line:
		return b.variable.line, b.variable.column, "a variable between brackets; expected it in quotes between [ ] and { }, such as [\"${NAME}\"]"
	case b.quote.line > 0:
		return b.quote.line, b.quote.column, "a quote that is not closed; expected the same one at the end of the text"
	case b.wrong.line > 0:
		return b.wrong.line, b.wrong.column, fmt.Sprintf("%q closes the %q of line %d; expected %q there", string(b.wrong.char), string(b.open.char), b.open.line, string(closing[b.open.char]))
	case b.open.line > 0:
		return b.open.line, b.open.column, fmt.Sprintf("a %q that is not closed; expected %q after its values", string(b.open.char), string(closing[b.open.char]))
	case indent > 0 && strings.TrimSpace(lineOf(data, line)) != "":
		return line, indent, "no comma between two values; expected a comma before this line, as in [a, b] and {a: 1, b: 2}"
	}
	return 0, 0, ""
}

// lineOf is a line of a text, from 1.
func lineOf(data []byte, line int) string {
	for range line - 1 {
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	return string(first)
}
