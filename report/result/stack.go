package result

import (
	"maps"
	"slices"
	"strings"
)

// What receives at the generator (Resources.Receivers).
const (
	Goroutines = "goroutines"
	EventLoops = "event loops"
)

// A Stack is the code that spoke the protocol at one end of a cell.
type Stack struct {
	// Name is the stack's name in scenarios; empty if unknown.
	Name string `json:"name"`
	// Libraries holds the version of each Go module that speaks the protocol; "std" is the standard
	// library, "rtbench" rtbench's own code.
	Libraries map[string]string `json:"libraries,omitempty"`
}

// Known reports whether the stack is known.
func (s Stack) Known() bool { return s.Name != "" }

// String returns the libraries with their versions, such as "gobwas/ws v1.5.0".
func (s Stack) String() string {
	var parts []string
	for _, path := range slices.Sorted(maps.Keys(s.Libraries)) {
		parts = append(parts, strings.TrimSpace(strings.TrimPrefix(path, "github.com/")+" "+s.Libraries[path]))
	}
	return strings.Join(parts, " and ")
}
