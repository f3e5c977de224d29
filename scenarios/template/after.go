package template

import (
	"fmt"
	"regexp"
)

// After returns a function that makes Fields. They find the word (letters, digits, - and _) after the first
// match of a regular expression (RE2), such as the 12 in 4312["ok"] after ^43.
func After(re string) (func() Field, error) {
	if _, err := regexp.Compile(re); err != nil {
		return nil, fmt.Errorf("regular expression %q: %w", shown(re), reason(err))
	}
	// A match from the start has the value at its length; only Find does not allocate.
	from, err := regexp.Compile(`\A(?s:.*?)(?:` + re + `)`)
	if err != nil {
		return nil, fmt.Errorf("regular expression %q: %w", shown(re), reason(err))
	}
	return func() Field { return afterField{from} }, nil
}

type afterField struct{ from *regexp.Regexp }

// Find implements Field.
func (f afterField) Find(reply []byte) ([]byte, bool) {
	before := f.from.Find(reply)
	if before == nil {
		return nil, false
	}
	value := reply[len(before):]
	end := 0
	for end < len(value) && isWord(value[end]) {
		end++
	}
	return value[:end], end > 0
}

func isWord(c byte) bool {
	return c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
