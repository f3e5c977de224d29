// Package suggest finds the known word that a typed one is closest to, for suggestions in error
// messages.
package suggest

import "strings"

// Nearest returns the closest of words, "" if none is close. Case and dots around a word do not
// count. A word of which only the beginning or the part after a dot is typed is close.
func Nearest(typed string, words []string) string {
	plain := func(s string) string { return strings.ToLower(strings.Trim(s, ". ")) }
	low := plain(typed)
	best, least := "", 2+min(len(typed), 9)/3
	for _, w := range words {
		d := Distance(low, plain(w))
		switch {
		case strings.HasSuffix(plain(w), "."+low):
			d = 0
		case len(low) > 3 && strings.HasPrefix(plain(w), low):
			d = min(d, 1)
		}
		if d < min(least, len(w)) {
			best, least = w, d
		}
	}
	return best
}

// far is the distance of texts that are too long to compare.
const far = 64

// Distance returns the optimal string alignment distance of a and b: insertions, deletions,
// substitutions and transpositions. Texts longer than 64 bytes are at distance 64.
func Distance(a, b string) int {
	if len(a) > far || len(b) > far {
		return far
	}
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
