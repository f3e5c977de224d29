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
	if name := suggest.Nearest(meant, names); name != "" {
		return list + "; did you mean " + name + "?"
	}
	return list
}

func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
