package template

import (
	"strconv"
	"strings"
)

// A Step of a path is a key of an object or, if IsIndex, an index into an array.
type Step struct {
	Key     string
	Index   int // from 0
	IsIndex bool
}

// A Path locates a value in a reply, such as result.items[0].id. The zero value is the whole
// reply.
type Path struct {
	text  string
	steps []Step
}

// Parts returns the steps, which must not be changed.
func (p Path) Parts() []Step { return p.steps }

// String returns the path as written.
func (p Path) String() string { return p.text }

const maxSteps = 64

// ParsePath parses a path: keys separated by dots, [0] for an array item and ["a.b"] for a quoted
// key, after an optional $, as in JSONPath (RFC 9535); no other syntax of it is supported. An
// unquoted numeric key is an error, because it looks like an index. The error is a *SyntaxError.
func ParsePath(text string) (Path, error) {
	p := Path{text: text}
	rest := strings.TrimPrefix(text, "$")
	first := len(rest) == len(text) // a key may follow without a dot
	if text == "$." {
		rest = ""
	}
	for rest != "" {
		offset := len(text) - len(rest)
		var s Step
		var length int
		var err error
		switch {
		case rest[0] == '[':
			s, length, err = bracketed(rest, offset)
		case rest[0] == '.' && !first:
			s.Key, err = plainKey(rest[1:], offset+1)
			length = 1 + len(s.Key)
		case first:
			s.Key, err = plainKey(rest, offset)
			length = len(s.Key)
		default:
			err = wrong(offset, "path %s: found %s; expected . or [ between keys", shown(text), shown(rest))
		}
		if err == nil && rest[0] != '[' && isDigits(s.Key) {
			err = wrong(offset, `path %s: found number %s as a key; expected [%[2]s] for an array item, or ["%[2]s"] for an object key; did you mean %[3]s[%[2]s]%[4]s?`,
				shown(text), shown(s.Key), shown(text[:offset]), shown(rest[length:]))
		}
		if err != nil {
			return Path{}, err
		}
		if p.steps = append(p.steps, s); len(p.steps) > maxSteps {
			return Path{}, wrong(offset, "path %s: expected at most %d keys", shown(text), maxSteps)
		}
		rest, first = rest[length:], false
	}
	return p, nil
}

// plainKey parses an unquoted key.
func plainKey(text string, offset int) (string, error) {
	end := strings.IndexAny(text, ".[")
	if end < 0 {
		end = len(text)
	}
	key := text[:end]
	switch {
	case key == "":
		return "", wrong(offset, `missing key after a dot; expected one, as in result.items[0].id, or ["a.b"]`)
	case key == "*":
		return "", wrong(offset, "found *; expected a key or an index")
	case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || strings.ContainsRune("\"'`]$*?(){},\\", r) }):
		return "", wrong(offset, "found %s as an unquoted key; did you mean [%s]?", shown(key), strconv.Quote(shown(key)))
	}
	return key, nil
}

func isDigits(key string) bool {
	return key != "" && strings.Trim(key, "0123456789") == ""
}

// bracketed parses an index or a quoted key.
func bracketed(text string, offset int) (s Step, length int, err error) {
	if len(text) > 1 && text[1] == '"' {
		end := skipString([]byte(text), 1)
		if end < 0 || end >= len(text) || text[end] != ']' {
			return s, 0, wrong(offset, `%s: expected a quoted key and ], as in ["a.b"]`, shown(text))
		}
		return Step{Key: string(appendUnquoted(nil, []byte(text[1:end])))}, end + 1, nil
	}
	inside, _, found := strings.Cut(text[1:], "]")
	index, err := strconv.ParseUint(inside, 10, 31)
	switch {
	case !found:
		return s, 0, wrong(offset, "%s: missing ] after the index", shown(text))
	case inside == "*":
		return s, 0, wrong(offset, "found [*]; expected an index such as [0]")
	case strings.HasPrefix(inside, "-"):
		return s, 0, wrong(offset, "found [%s]; expected an index from the start, such as [0]", shown(inside))
	case err != nil:
		return s, 0, wrong(offset, "found [%s]; expected an index such as [0], or a quoted key; did you mean [%s]?", shown(inside), strconv.Quote(strings.Trim(shown(inside), "'")))
	}
	return Step{Index: int(index), IsIndex: true}, len(inside) + 2, nil
}
