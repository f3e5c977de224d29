package scenarios

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// userOfURL is a user, with or without a password, before the host of a URL or of an address
// without a scheme. A password may hold what should have been escaped in it.
var userOfURL = regexp.MustCompile("(?:([A-Za-z][A-Za-z0-9+.-]*:)//[^\\s\"'`]*|(^|[\\s\"'`=])[^\\s\"'`/@:=]+:[^\\s\"'`/@]+)@")

// HideUsers returns text with … for the users and passwords of all URLs in it.
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

// Printable returns text without what a terminal would obey: control characters other than
// ends of lines, invisible ones, and bytes that are not UTF-8 are escaped as in Go.
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
