package template

import (
	"strconv"
	"strings"

	"rtbench/scenarios/suggest"
)

// nearest returns the closest word, ignoring case and dots; empty if none is close.
func nearest(to string, words []string) string {
	plain := func(s string) string { return strings.ToLower(strings.Trim(s, ". ")) }
	best, distance := "", 2+min(len(to), 9)/3
	for _, w := range words {
		if d := suggest.Distance(plain(to), plain(w)); d < min(distance, len(w)) {
			best, distance = w, d
		}
	}
	return best
}

// shown shortens user text for a message and makes it printable.
func shown(text string) string {
	const most = 60
	n := 0
	for at := range text {
		if n++; n > most {
			text = text[:at] + "…"
			break
		}
	}
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}
