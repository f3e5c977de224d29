package spec

import (
	"fmt"
	"slices"
	"strings"

	"rtbench/scenarios/suggest"
)

// Nearest returns `; did you mean "word"?` for the word that was probably meant, or nothing. Each
// of words may be followed by synonyms, separated by spaces.
func Nearest(to string, words ...string) string {
	if w := NearestWord(to, words...); w != "" {
		return fmt.Sprintf("; did you mean %q?", w)
	}
	return ""
}

// NearestWord returns the first word of one of words: the one with a synonym that is to, that
// starts with it, or that is closest to it; empty if none is close.
func NearestWord(to string, words ...string) string {
	lower := strings.ToLower(strings.TrimSpace(to))
	for _, w := range words {
		if all := strings.Fields(w); slices.Contains(all, lower) {
			return all[0]
		}
	}
	values := firstWords(words)
	for _, w := range values {
		if len(lower) > 1 && strings.HasPrefix(w, lower) {
			return w
		}
	}
	return suggest.Nearest(to, values)
}

// firstWords returns the words without their synonyms.
func firstWords(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i], _, _ = strings.Cut(w, " ")
	}
	return out
}

// Synonym returns the Key that a word is a synonym or misspelling of; the zero Key if none.
func Synonym(word string, keys []Key) Key {
	lower := strings.ToLower(word)
	for _, k := range keys {
		if k.named(lower) {
			return k
		}
	}
	for _, k := range keys {
		if d := suggest.Distance(lower, k.Name); d == 1 && len(k.Name) > 3 {
			return k
		}
	}
	return Key{}
}

// nearestKey suggests a key for an unknown one: one of keys, or a key of another section, usually
// because of wrong indentation.
func (r *Reader) nearestKey(path, word string, keys []Key) string {
	if k := Synonym(word, keys); k.Name != "" {
		return fmt.Sprintf("; did you mean %q?", k.Name)
	}
	if hint := r.keyOfSibling(path, word); hint != "" {
		return hint
	}
	section, _, _ := strings.Cut(path, ".")
	if k, known := Find(r.Keys, section); path == "" || known && k.Value.isSection() {
		for _, at := range Paths(r.Keys) {
			if k, _ := Find(r.Keys, at); parentOf(at) != path && k.named(strings.ToLower(word)) {
				return placeOf(path, at)
			}
		}
	}
	return Nearest(word, strings.Split(Names(keys), ", ")...)
}

// keyOfSibling suggests a place for a key of a section like the one at path, or of the section
// around it.
func (r *Reader) keyOfSibling(path, word string) string {
	parent, section, nested := cutLast(path)
	around, known := Find(r.Keys, parent)
	if !nested || !known || !around.Value.isSection() {
		return ""
	}
	if _, ok := Find(around.Value.Keys, word); ok {
		return fmt.Sprintf("; did you mean %q in %s, next to %s?", word, parent, section)
	}
	var of []string
	for _, sibling := range around.Value.Keys {
		if _, ok := Find(sibling.Value.Keys, word); ok && sibling.Value.isSection() {
			of = append(of, sibling.Name)
		}
	}
	if len(of) == 0 {
		return ""
	}
	return fmt.Sprintf("; %s is a key of %s only", word, strings.Join(of, " and "))
}

// placeOf names the section of a key.
func placeOf(path, at string) string {
	section, name, nested := cutLast(at)
	switch {
	case !nested:
		return fmt.Sprintf("; did you mean %q at the top level, not in %s?", at, path)
	case path == "":
		return fmt.Sprintf("; did you mean %q in %s, indented below it?", name, section)
	}
	return fmt.Sprintf("; did you mean %q in %s, not in %s?", name, section, path)
}

// NearestPath suggests a path for an unknown one such as load.rat.
func NearestPath(keys []Key, path string) string {
	lower := strings.ToLower(strings.TrimSpace(path))
	paths := Paths(keys)
	section, last, nested := cutLast(lower)
	for _, at := range paths {
		if k, _ := Find(keys, at); at != lower && (k.named(lower) || nested && parentOf(at) == section && k.named(last)) {
			return fmt.Sprintf("; did you mean %q?", at)
		}
	}
	if slices.Contains(paths, lower) {
		return ""
	}
	return Nearest(path, paths...)
}

// Paths returns the paths of all keys outside lists to a depth of two, such as load.rate; those of
// sections that also have a short form come last, since they are meant less often.
func Paths(keys []Key) (paths []string) {
	var last []string
	walk("", keys, func(at string, k Key) bool {
		section, _, nested := cutLast(at)
		if of, _ := Find(keys, section); nested && len(of.Value.Scalar) > 0 {
			last = append(last, at)
		} else {
			paths = append(paths, at)
		}
		return !nested
	})
	return append(paths, last...)
}

// isSection reports whether the value is a mapping of keys.
func (v Value) isSection() bool {
	return len(v.Keys) > 0 && !v.Named && !v.List && !v.OnlyList && !v.Many
}

func parentOf(path string) string {
	parent, _, _ := cutLast(path)
	return parent
}

func cutLast(path string) (before, last string, found bool) {
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}
