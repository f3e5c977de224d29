package cli

import (
	"os"
	"strconv"
	"strings"

	"rtbench/scenarios/spec"
)

// sanitize makes a message safe for the terminal: it hides users and passwords in URLs and
// escapes control characters, including newlines in the user's arguments.
func sanitize(text string) string {
	typed := os.Args[1:]
	return spec.Printable(escapeNewlines(spec.HideUsers(hideUserInfo(text, typed)), typed))
}

// hideUserInfo hides the user info of URLs in the arguments wherever it occurs in text, plain or
// quoted, even if the rest of the URL is invalid.
func hideUserInfo(text string, words []string) string {
	for _, word := range words {
		_, rest, isURL := strings.Cut(word, "://")
		at := strings.LastIndexByte(rest, '@')
		if !isURL || at < 1 {
			continue
		}
		for _, user := range []string{rest[:at], strconv.Quote(rest[:at])} {
			if user = strings.Trim(user, `"`); user != "" {
				text = strings.ReplaceAll(text, user+"@", "…@")
			}
		}
		if _, password, found := strings.Cut(rest[:at], ":"); found && len(password) >= 4 {
			text = strings.ReplaceAll(text, password, "…")
		}
	}
	return text
}

// escapeNewlines escapes newlines in text that come from an argument, recognized by the
// characters around them.
func escapeNewlines(text string, words []string) string {
	for _, word := range words {
		for at := range len(word) {
			if word[at] == '\n' {
				before, after := word[max(0, at-2):at], word[at+1:min(len(word), at+2)]
				text = strings.ReplaceAll(text, before+"\n"+after, before+`\n`+after)
			}
		}
	}
	return text
}

// redactURL returns a URL or an address without user, query and fragment, which may contain secrets.
func redactURL(url string) string {
	scheme := 0
	if i := strings.Index(url, "://"); i >= 0 {
		scheme = i + len("://")
	}
	if at := strings.LastIndexByte(url, '@'); at >= scheme {
		url = url[:scheme] + url[at+1:]
	}
	if end := strings.IndexAny(url, "?#"); end >= 0 {
		url = url[:end] + "…"
	}
	return url
}
