package spec

import (
	"cmp"
	"strings"

	"gopkg.in/yaml.v3"
)

// Mapping reads a mapping with the given keys.
func (r *Reader) Mapping(path string, n *yaml.Node, of Shape) {
	if n.Kind == yaml.AliasNode {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.Problem(n, path, ": found %s; expected keys of %s", r.Describe(n), Names(of.Keys))
		return
	}
	first, unknown := map[string]int{}, false
	var exact map[string]int // built for the first unknown key
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		k, known := r.key(path, key, value, of)
		if !known {
			unknown = true
			if exact == nil {
				exact = ByKey(n)
			}
			if _, given := exact[k.Name]; k.Name == "" || given || first[k.Name] > 0 {
				continue
			}
		}
		if line := first[k.Name]; line > 0 {
			r.Problem(key, "", "key %q is a duplicate; expected it once (line %d has it)", k.Name, line)
			continue
		}
		first[k.Name] = max(key.Line, 1)
		p := join(path, k.Name)
		r.keys[p], r.values[p] = key, value
		before := len(r.Problems)
		k.Value.Read(r, p, value)
		r.bad[p] = len(r.Problems) > before || value.Kind == yaml.AliasNode || r.broken[value]
	}
	for _, k := range of.Keys {
		if k.Required != "" && first[k.Name] == 0 && (path == "" || !unknown) {
			r.Problem(n, join(path, k.Name), " is missing; expected %s", k.Required)
		}
	}
}

// key returns the Key of a key. For an unknown key it reports a problem and returns the likely
// Key, so that its value is checked too.
func (r *Reader) key(path string, key, value *yaml.Node, of Shape) (k Key, known bool) {
	if key.Kind != yaml.ScalarNode {
		if key.Kind != yaml.AliasNode {
			r.Problem(key, "", "found %s as a key; expected one of %s", Describe(key), Names(of.Keys))
		}
		return Key{}, false
	}
	for _, k := range of.Keys {
		switch key.Value {
		case k.Name:
			return k, true
		case k.Was:
			r.renamed(k, key, value)
			return k, false
		}
	}
	if r.unknown(path, key, value, of); len(r.Problems) < manyProblems {
		k = Synonym(key.Value, of.Keys)
	}
	return k, false
}

// renamed reports the former name of a key. A former value becomes the one that replaces it.
func (r *Reader) renamed(k Key, key, value *yaml.Node) {
	expected := Shorten(HideUsers(r.Text(value)))
	if words := k.Value.Scalar[0].words; len(words) > 0 {
		value.Value = cmp.Or(NearestWord(value.Value, words...), value.Value)
		expected = value.Value
	}
	r.Problem(key, "", "%s has been renamed; expected `%s: %s`", key.Value, k.Name, expected)
}

// unknown reports an unknown key.
func (r *Reader) unknown(path string, key, value *yaml.Node, of Shape) {
	better := ""
	if of.Unknown != nil {
		better = of.Unknown(key, value)
	}
	switch where := ""; {
	case key.Value == "<<":
		r.Problem(key, "", "merge key <<; expected the keys themselves, or `include: FILE`")
	case strings.HasPrefix(key.Value, "${"):
		r.Problem(key, "", "variable %s as a key; expected variables in values only", Quote(key.Value))
	case better != "":
		r.Problem(key, "", "%s", better)
	default:
		if path != "" {
			where = " in " + path
		}
		hint := ""
		if len(r.Problems) < manyProblems {
			hint = r.nearestKey(path, key.Value, of.Keys)
		}
		r.Problem(key, "", "unknown key %s%s; expected one of %s%s", Quote(key.Value), where, Names(of.Keys), hint)
	}
}

// manyProblems is the number of problems after which hints are not computed.
const manyProblems = 200
