package cli

import (
	"os"
	"strconv"
	"strings"

	"rtbench/scenarios"
)

// sanitize is a message as the terminal may have it: without the passwords of URLs, and with
// control characters escaped, also the ends of lines that the user has typed.
func sanitize(text string) string {
	typed := os.Args[1:]
	return scenarios.Printable(escapeNewlines(scenarios.HideUsers(hideUserInfo(text, typed)), typed))
}

// hideUserInfo hides the users of URLs among the words of the command line wherever they are in
// text, as they were typed or in quotes: what separates them from a host need not be valid.
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

// escapeNewlines escapes the ends of lines in text that come from one of the words: what is around
// them is the same there.
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

// redactURL is what follows a scheme without a user, query and fragment: secrets may be in
// them.
func redactURL(rest string) string {
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end] + "…"
	}
	return rest
}

// redactTarget is a target as messages may show it.
func redactTarget(target string) string {
	if scheme, rest, isURL := strings.Cut(target, "://"); isURL {
		return scheme + "://" + redactURL(rest)
	}
	return redactURL(target)
}
