package spec

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"rtbench/internal/lazyregexp"
)

// userOfURL matches user information before the host of a URL or of an address without a scheme. A
// password may contain characters that should have been escaped.
var userOfURL = lazyregexp.New("(?:([A-Za-z][A-Za-z0-9+.-]*:)//[^\\s\"'`]*|(^|[\\s\"'`=])[^\\s\"'`/@:=]+:[^\\s\"'`/@]+)@")

// HideUsers replaces user information in all URLs in text by ….
func HideUsers(text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	return userOfURL.ReplaceAllStringFunc(text, func(found string) string {
		m := userOfURL.FindStringSubmatch(found)
		if m[1] != "" {
			return m[1] + "//…@"
		}
		return m[2] + "…@"
	})
}

// Printable escapes, as Go does, control characters except newlines, invisible characters and
// invalid UTF-8, which terminals might interpret.
func Printable(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case c == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case c == '\n' || unicode.IsPrint(c):
			b.WriteRune(c)
		default:
			b.WriteString(strings.Trim(fmt.Sprintf("%+q", c), "'"))
		}
		i += size
	}
	return b.String()
}
