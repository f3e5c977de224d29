package httpwire

import (
	"bytes"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FirstLine is the first line of b that is not blank, as far as it can be printed, in at
// most 200 bytes.
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

// RedactURL returns a URL for messages: without the user and the query, which may hold secrets.
func RedactURL(u *url.URL) string {
	place := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	said := place.String()
	if u.RawQuery != "" {
		said += "?…"
	}
	return FirstLine([]byte(said))
}

func LastLine(b []byte) string {
	b = bytes.TrimSpace(b)
	return string(b[bytes.LastIndexByte(b, '\n')+1:])
}
