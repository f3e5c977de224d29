package draft

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rtbench/internal/lazyregexp"
	"rtbench/scenarios"
)

// Literal returns text without variables, in which $ has a meaning.
func Literal(s string) string { return strings.ReplaceAll(s, "$", "$$") }

// Escape returns literal text as part of a template, in which {{ has a meaning as well.
func Escape(s string) string { return Literal(strings.ReplaceAll(s, "{{", `{{"{{"}}`)) }

var plainKey = lazyregexp.New(`^[A-Za-z_@-][A-Za-z0-9_@-]*$`)

// Path returns the path of a key below path.
func Path(path, key string) string {
	switch {
	case !plainKey.MatchString(key):
		quoted, _ := json.Marshal(key) // a string
		return path + "[" + string(quoted) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

// UnusedName returns a name for a kind of messages that is not one of names.
func UnusedName(names []string, wanted string) string {
	name := scenarios.NameFrom(wanted)
	if name == "" {
		name = "message"
	}
	unique := name
	for n := 2; slices.Contains(names, unique); n++ {
		unique = fmt.Sprintf("%s-%d", name, n)
	}
	return unique
}
