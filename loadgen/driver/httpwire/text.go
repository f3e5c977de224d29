package httpwire

import (
	"bytes"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FirstLine returns the first non-blank line of b, at most 200 bytes, with "." for characters that are
// not printable.
func FirstLine(b []byte) string {
	b = bytes.TrimSpace(b)
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		b = b[:i]
	}
	line := strings.Map(func(c rune) rune {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			return '.'
		}
		return c
	}, string(b[:min(len(b), 1<<10)]))
	const most = 200
	if len(line) <= most {
		return line
	}
	end := most - len("…")
	for !utf8.RuneStart(line[end]) {
		end--
	}
	return line[:end] + "…"
}

// RedactURL returns u for messages: without user and query, which may hold secrets.
func RedactURL(u *url.URL) string {
	public := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	text := public.String()
	if u.RawQuery != "" {
		text += "?…"
	}
	return FirstLine([]byte(text))
}
