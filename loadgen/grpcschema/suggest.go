package grpcschema

import (
	"fmt"
	"slices"
	"strings"
)

// maxListed is how many names a message lists.
const maxListed = 20

// listNames lists names for a message, and says which of them may have been meant.
func listNames(meant string, names []string) string {
	if len(names) == 0 {
		return "none"
	}
	list := strings.Join(names[:min(maxListed, len(names))], ", ")
	if more := len(names) - maxListed; more > 0 {
		list = fmt.Sprintf("%s and %d more", list, more)
	}
	if name := nearest(meant, names); name != "" {
		return list + "; did you mean " + name + "?"
	}
	return list
}

// nearest is the name that differs from what was meant in the fewest letters, if they are
// few; empty otherwise.
func nearest(meant string, names []string) string {
	best, found := max(1, len(meant)/3)+1, ""
	low := strings.ToLower(meant)
	for _, name := range names {
		d := distance(low, strings.ToLower(name))
		switch {
		case strings.HasSuffix(name, "."+meant):
			d = 0 // a service is often given without its package
		case len(meant) > 3 && strings.HasPrefix(name, meant):
			d = min(d, 1)
		}
		if d < best {
			best, found = d, name
		}
	}
	return found
}

// distance is the number of letters to insert, drop or replace (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next := min(row[j]+1, row[j+1]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}

// sorted returns names in order, each once.
func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
