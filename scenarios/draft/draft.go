// Package draft writes scenarios for people to edit, with comments that mark guesses. Its subfolders
// draft scenarios from other formats. All of it is pure: bytes in, text out.
package draft

import (
	"slices"
	"strings"
)

// A Draft is a scenario to write. Its texts may be templates, and ${NAME} in them is a variable; see Escape.
type Draft struct {
	Name  string
	About string
	// Head are the lines of the comment at the top.
	Head []string
	// Protocol is a protocol of custom targets, and URL that of its endpoint.
	Protocol, URL string
	// Endpoint are further keys of the endpoint, Target those of the target, and Keys those of the
	// scenario.
	Endpoint, Target, Keys []Key
	Load                   Load
	Secrets                Secrets
	// Notes are printed, not written: guesses, and parts of the source that are left out.
	Notes []string
}

// Load is the load of the scenario. Zero values leave keys out.
type Load struct {
	Rate        string // empty: the server sets it
	Arrivals    string
	Connections int
	Duration    string
	Repetitions int
	Comment     string
}

// A Key is a key with its value.
type Key struct {
	Name    string
	Value   Value
	Comment string
}

// Add adds a key of the scenario.
func (d *Draft) Add(name string, v Value, comment string) {
	d.Keys = append(d.Keys, Key{name, v, comment})
}

// AddTarget adds pairs to a mapping of the target, such as its headers. The first of a name counts.
func (d *Draft) AddTarget(name, comment string, pairs ...Key) {
	i := slices.IndexFunc(d.Target, func(k Key) bool { return k.Name == name })
	if i < 0 {
		if len(pairs) == 0 {
			return
		}
		i = len(d.Target)
		d.Target = append(d.Target, Key{Name: name, Comment: comment})
	}
	list := &d.Target[i].Value.pairs
	for _, p := range pairs {
		if !slices.ContainsFunc(*list, func(o Key) bool { return strings.EqualFold(o.Name, p.Name) }) {
			*list = append(*list, p)
		}
	}
}

// HasTarget reports whether the target has a key.
func (d *Draft) HasTarget(name string) bool {
	return slices.ContainsFunc(d.Target, func(k Key) bool { return k.Name == name })
}

// Note adds a note to print.
func (d *Draft) Note(text string) { d.Notes = append(d.Notes, text) }

// A Value is text, a mapping or a list.
type Value struct {
	text    string
	plain   bool // the text is a number or a word of the language
	pairs   []Key
	items   []Value
	comment string // of an item in a list
	list    bool
}

// Text returns a text, which is quoted if need be.
func Text(s string) Value { return Value{text: s} }

// Plain returns a number or a word of the language, which is not quoted.
func Plain(s string) Value { return Value{text: s, plain: true} }

// Map returns a mapping on one line.
func Map(pairs ...Key) Value { return Value{pairs: pairs} }

// One returns a mapping with one key on one line.
func One(name string, v Value) Value { return Map(Key{Name: name, Value: v}) }

// List returns a list: one line for each item if a key of the scenario has it, else all on one line.
func List(items ...Value) Value { return Value{items: items, list: true} }

// With returns an item of a list with a comment.
func (v Value) With(comment string) Value {
	v.comment = comment
	return v
}
