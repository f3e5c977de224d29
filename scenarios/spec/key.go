// Package spec describes the keys of a YAML file. A Key holds everything about one key: name, type,
// default, documentation and flag. From a table of keys come the parser with its errors, the
// schema, the manual and the flags of the command line. It knows nothing of scenarios.
package spec

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// A Key is one key of a mapping, bound to the field that it fills.
type Key struct {
	Name      string
	Also      string // common synonyms, in lower case and separated by spaces
	Was       string // former name
	Doc       string // for the manual and the schema
	Value     Value
	Default   string // in YAML; empty: the field keeps its zero value
	Example   string // in YAML, for the manual; empty: the default; after "# " if it excludes other keys
	Required  string // if not empty, the key must be given; completes "is missing; expected …"
	Flag      Flag
	Conflicts []Conflict // with other keys; the first is reported
	// Secret marks keys that may hold secrets: messages and results do not show their values.
	Secret bool
	// Literal reports secrets that are written in the value. May be nil.
	Literal func(r *Reader, path string, n *yaml.Node)
}

// A Value reads the value of a key into a field.
type Value struct {
	Read func(r *Reader, path string, n *yaml.Node)
	// Set sets the field to one of the values of an axis; nil for other keys.
	Set func(value any)
	Shape
}

// A Shape describes the allowed values of a key.
type Shape struct {
	Scalar   []Limits // allowed scalars; none: no scalar
	Keys     []Key    // keys of a mapping; none: no mapping
	Short    string   // the key of the mapping that a scalar stands for
	Named    bool     // mapping of user-defined names to mappings of Keys
	List     bool     // also a list of distinct values
	OnlyList bool     // only a list
	Many     bool     // also a list, which may repeat values
	Texts    bool     // also a mapping of user-defined names to texts
	Each     *Shape   // mapping of user-defined names to values of this shape; nil: no such mapping
	Anything bool     // any value
	File     bool     // the value names a file or directory
	// Unknown returns a better message for an unknown key of the mapping; empty for none. May be
	// nil.
	Unknown func(key, value *yaml.Node) string
}

// Limits restrict one type of scalar. The zero value allows nothing.
type Limits struct {
	Type        string   // string, integer, number, boolean; empty: one of Enum
	Enum        []string // allowed words
	words       []string // Enum with synonyms
	Pattern     string   // of a string
	Least, Most *float64 // of an integer
}

// A Conflict returns why a key does not fit the others, as the rest of a message that begins with
// its name; empty if it does.
type Conflict func() string

// When returns the Conflict of a key that does not fit when wrong returns true.
func When(wrong func() bool, why string) Conflict {
	return func() string {
		if wrong() {
			return why
		}
		return ""
	}
}

// named reports whether a word is the name of the key or, in lower case, a synonym.
func (k Key) named(word string) bool {
	return k.Name == word || k.Was == word || k.Also != "" && strings.Contains(" "+k.Also+" ", " "+word+" ")
}

// Find returns the key at a path such as load.rate or steps[0].send.
func Find(keys []Key, path string) (Key, bool) {
	name, rest, nested := strings.Cut(path, ".")
	name, _, _ = strings.Cut(name, "[")
	for _, k := range keys {
		if k.Name == name {
			if nested {
				return Find(k.Value.Keys, rest)
			}
			return k, true
		}
	}
	return Key{}, false
}

// SetDefaults sets all fields to the defaults of their keys.
func SetDefaults(keys []Key) {
	r := NewReader("default")
	for _, k := range keys {
		if k.Default != "" {
			k.Value.Read(r, k.Name, literal(k.Default))
		}
		if k.Value.isSection() && len(k.Value.Scalar) == 0 {
			SetDefaults(k.Value.Keys)
		}
	}
}

// literal parses a value in YAML that is part of the program.
func literal(text string) *yaml.Node {
	if !strings.HasPrefix(text, "[") {
		return &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) == 0 {
		panic(fmt.Sprintf("not YAML: %s", text))
	}
	return doc.Content[0]
}

// Walk calls visit with the path of each key outside lists, in the order of the table.
func Walk(keys []Key, visit func(path string, k Key)) {
	walk("", keys, func(path string, k Key) bool {
		visit(path, k)
		return true
	})
}

// walk visits all keys with their paths, except those in lists; it goes below a key if visit
// returns true.
func walk(path string, keys []Key, visit func(path string, k Key) bool) {
	for _, k := range keys {
		at := join(path, k.Name)
		if visit(at, k) && k.Value.isSection() {
			walk(at, k.Value.Keys, visit)
		}
	}
}

// CheckLiterals calls Literal for each key of a mapping and of the mappings in it.
func (r *Reader) CheckLiterals(path string, n *yaml.Node, keys []Key) {
	for _, p := range Pairs(n) {
		k, _ := Find(keys, p.Key.Value)
		at := join(path, k.Name)
		if k.Literal != nil {
			k.Literal(r, at, p.Value)
		}
		if k.Value.Named {
			for _, named := range Pairs(p.Value) {
				r.CheckLiterals(join(at, named.Key.Value), named.Value, k.Value.Keys)
			}
			continue
		}
		for _, item := range Elements(p.Value) {
			r.CheckLiterals(at, item, k.Value.Keys)
		}
	}
}

func join(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// Names lists the names of keys, separated by commas.
func Names(keys []Key) string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = k.Name
	}
	return strings.Join(all, ", ")
}
