package template

import (
	"strconv"
	"strings"
)

// nearest returns the closest word, ignoring case and dots; empty if none is close.
func nearest(to string, words []string) string {
	plain := func(s string) string { return strings.ToLower(strings.Trim(s, ". ")) }
	best, distance := "", 2+min(len(to), 9)/3
	for _, w := range words {
		if d := editDistance(plain(to), plain(w)); d < min(distance, len(w)) {
			best, distance = w, d
		}
	}
	return best
}

// editDistance returns the Levenshtein distance. Long texts are far from everything.
func editDistance(a, b string) int {
	const far = 64
	if len(a) > far || len(b) > far {
		return far
	}
	var row [far + 1]int
	for j := range len(b) + 1 {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j]+1, row[j+1]+1, substituted)
		}
	}
	return row[len(b)]
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
