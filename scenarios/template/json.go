package template

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A subset of JSON (RFC 8259) that finds values without decoding: each function takes a text and a
// start, and returns the end of the item it names, or -1. A reply costs one pass and no
// allocation.

// maxDepth limits the nesting of arrays and objects.
const maxDepth = 512

func skipSpace(p []byte, i int) int {
	for i < len(p) && (p[i] == ' ' || p[i] == '\n' || p[i] == '\t' || p[i] == '\r') {
		i++
	}
	return i
}

// skipString consumes a quoted string.
func skipString(p []byte, i int) int {
	if i >= len(p) || p[i] != '"' {
		return -1
	}
	for i = plainEnd(p, i+1); i < len(p); i++ {
		switch b := p[i]; {
		case b == '"':
			return i + 1
		case b < ' ':
			return -1
		case b == '\\':
			n := escapeLength(p[i:])
			if n == 0 {
				return -1
			}
			i = plainEnd(p, i+n) - 1
		}
	}
	return -1
}

// plainEnd skips eight bytes at a time without quotes, backslashes and control characters.
func plainEnd(p []byte, i int) int {
	const each = 0x0101010101010101
	for ; i+8 <= len(p); i += 8 {
		w := binary.LittleEndian.Uint64(p[i:])
		quote, backslash := w^each*'"', w^each*'\\'
		// A zero byte, or one below 32 in the third word, leaves its highest bit set.
		special := (quote-each)&^quote | (backslash-each)&^backslash | (w-each*' ')&^w
		if special&(each*0x80) != 0 {
			break
		}
	}
	return i
}

// escapeLength returns the length of the escape at the start of p; 0 if there is none.
func escapeLength(p []byte) int {
	if len(p) < 2 {
		return 0
	}
	if p[1] != 'u' {
		if strings.IndexByte(`"\/bfnrt`, p[1]) < 0 {
			return 0
		}
		return 2
	}
	if _, ok := escapedUnit(p); !ok {
		return 0
	}
	return 6
}

// escapedUnit returns the UTF-16 code unit at the start of p, as \uXXXX.
func escapedUnit(p []byte) (unit rune, ok bool) {
	if len(p) < 6 || p[0] != '\\' || p[1] != 'u' {
		return 0, false
	}
	for _, b := range p[2:6] {
		switch {
		case b >= '0' && b <= '9':
			b -= '0'
		case b|0x20 >= 'a' && b|0x20 <= 'f':
			b = b | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		unit = unit<<4 | rune(b)
	}
	return unit, true
}

// skipNumber consumes a number.
func skipNumber(p []byte, i int) int {
	digits := func() bool {
		begin := i
		for i < len(p) && p[i] >= '0' && p[i] <= '9' {
			i++
		}
		return i > begin
	}
	if i < len(p) && p[i] == '-' {
		i++
	}
	if i < len(p) && p[i] == '0' {
		i++
	} else if !digits() {
		return -1
	}
	if i < len(p) && p[i] == '.' {
		if i++; !digits() {
			return -1
		}
	}
	if i < len(p) && p[i]|0x20 == 'e' {
		if i++; i < len(p) && (p[i] == '+' || p[i] == '-') {
			i++
		}
		if !digits() {
			return -1
		}
	}
	return i
}

// skipScalar consumes a string, a number, true, false or null.
func skipScalar(p []byte, i int) int {
	if i >= len(p) {
		return -1
	}
	switch p[i] {
	case '"':
		return skipString(p, i)
	case 't':
		return skipWord(p, i, "true")
	case 'f':
		return skipWord(p, i, "false")
	case 'n':
		return skipWord(p, i, "null")
	}
	return skipNumber(p, i)
}

func skipWord(p []byte, i int, word string) int {
	if len(p)-i < len(word) || string(p[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

// appendUnquoted appends the decoded text of a quoted string. Unpaired surrogates become U+FFFD.
func appendUnquoted(dst, quoted []byte) []byte {
	p := quoted[1 : len(quoted)-1]
	for {
		i := bytes.IndexByte(p, '\\')
		if i < 0 {
			return append(dst, p...)
		}
		dst, p = append(dst, p[:i]...), p[i:]
		unit, long := escapedUnit(p)
		if !long {
			dst, p = append(dst, unescaped(p[1])), p[2:]
			continue
		}
		p = p[6:]
		if utf16.IsSurrogate(unit) {
			second, _ := escapedUnit(p)
			if unit = utf16.DecodeRune(unit, second); unit != utf8.RuneError {
				p = p[6:]
			}
		}
		dst = utf8.AppendRune(dst, unit)
	}
}

func unescaped(b byte) byte {
	switch b {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return b
}

// Escape returns text as the inside of a JSON string.
func Escape(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text)               // a text is always JSON
	return b.String()[1 : b.Len()-2] // without quotes and newline
}

// appendCompact appends a JSON value without white space between tokens.
func appendCompact(dst, p []byte) []byte {
	for i := 0; i < len(p); {
		end := i + 1
		if p[i] == '"' {
			end = skipString(p, i)
		}
		if p[i] > ' ' {
			dst = append(dst, p[i:end]...)
		}
		i = end
	}
	return dst
}
