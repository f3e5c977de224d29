package grpcschema

import (
	"fmt"
	"slices"
	"strings"

	"rtbench/scenarios/suggest"
)

// maxListed is the number of names that a message lists.
const maxListed = 20

// listNames lists names for an error message and suggests the closest one.
func listNames(meant string, names []string) string {
	if len(names) == 0 {
		return "(none)"
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

// nearest returns the name with the smallest edit distance from meant, "" if none is close.
func nearest(meant string, names []string) string {
	best, found := max(1, len(meant)/3)+1, ""
	low := strings.ToLower(meant)
	for _, name := range names {
		d := suggest.Distance(low, strings.ToLower(name))
		switch {
		case strings.HasSuffix(name, "."+meant):
			d = 0 // the package is often omitted
		case len(meant) > 3 && strings.HasPrefix(name, meant):
			d = min(d, 1)
		}
		if d < best {
			best, found = d, name
		}
	}
	return found
}

func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
