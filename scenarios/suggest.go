package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"rtbench/scenarios/suggest"
)

// nearest returns `; did you mean "word"?` for a synonym or the closest word, or nothing.
func nearest(to string, words []string) string {
	if w := nearestWord(to, words); w != "" {
		return fmt.Sprintf("; did you mean %q?", w)
	}
	return ""
}

func nearestWord(to string, words []string) string {
	lower := strings.ToLower(strings.TrimSpace(to))
	for _, w := range words {
		if lower == w || slices.Contains(aliases[w], lower) {
			return w
		}
	}
	for _, w := range words {
		if len(lower) > 1 && strings.HasPrefix(w, lower) {
			return w
		}
	}
	return suggest.Nearest(to, words)
}

// nearestKey suggests a key for an unknown one: one of fields, or a key of another section,
// usually because of wrong indentation.
func nearestKey(path, key string, fields []field) string {
	lower := strings.ToLower(key)
	if f := synonym(path, key, fields); f.name != "" {
		return fmt.Sprintf("; did you mean %q?", f.name)
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	if hint := misplacedKey(path, lower); hint != "" {
		return hint
	}
	section, _, _ := strings.Cut(path, ".")
	if _, known := sections()[section]; path == "" || known {
		for _, at := range keyPaths() {
			if _, last, _ := cutLast(at); at != path && (last == lower || slices.Contains(aliases[at], lower)) {
				return placeOf(path, at)
			}
		}
	}
	return nearest(key, names)
}

// misplacedKey suggests a place for a key of custom targets: another protocol below target, or a
// path instead of a name.
func misplacedKey(path, key string) string {
	if path == "target" && key == "grpc-lean" {
		return "; did you mean \"grpc\"? grpc-lean supports only rtbench's reference servers"
	}
	if path == "match" {
		return fmt.Sprintf("; did you mean {field: %s}?", shorten(oneLine(key)))
	}
	protocol, below := strings.CutPrefix(path, "target.")
	if !below || urlSpecOf(protocol).protocol == "" {
		return ""
	}
	var of []string
	for _, w := range urlSpecs {
		if slices.ContainsFunc(endpointKeys(w, new(Endpoint)), func(f field) bool { return f.name == key }) {
			of = append(of, w.protocol)
		}
	}
	switch {
	case len(of) > 0:
		return fmt.Sprintf("; %s is a key of %s only", key, strings.Join(of, " and "))
	case slices.Contains(sections()["target"], key) || key == "server_name":
		return fmt.Sprintf("; did you mean %q in target, next to %s?", key, protocol)
	}
	return ""
}

// synonym returns the field that a key is another word for; the zero field if none.
func synonym(path, key string, fields []field) field {
	lower := strings.ToLower(key)
	for _, f := range fields {
		at := strings.TrimPrefix(path+"."+f.name, ".")
		if lower == f.name || slices.Contains(aliases[at], lower) || slices.Contains(aliases[f.name], lower) {
			return f
		}
	}
	for _, f := range fields {
		if d := suggest.Distance(lower, f.name); d == 1 && len(f.name) > 3 {
			return f
		}
	}
	return field{}
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

// nearestPath suggests a path for an unknown one such as load.rate.
func nearestPath(key string) string {
	lower := strings.ToLower(strings.TrimSpace(key))
	paths := keyPaths()
	if slices.Contains(paths, lower) {
		return ""
	}
	for _, at := range paths {
		if _, last, _ := cutLast(at); last == lower || slices.Contains(aliases[at], lower) {
			return fmt.Sprintf("; did you mean %q?", at)
		}
	}
	if section, last, ok := cutLast(lower); ok {
		for _, at := range paths {
			if strings.HasPrefix(at, section+".") && slices.Contains(aliases[at], last) {
				return fmt.Sprintf("; did you mean %q?", at)
			}
		}
	}
	return nearest(key, paths)
}

// unknownPath reports whether the parts of a path name a key, with a suggestion if not.
func unknownPath(parts []string) (hint string, known bool) {
	key := strings.Join(parts, ".")
	if len(parts) > 2 && parts[0] == "target" { // deeper keys are checked by their section
		parts = parts[:2]
		key = strings.Join(parts, ".")
	}
	if slices.Contains(keyPaths(), key) {
		return "", true
	}
	return nearestPath(key), false
}

// vocabulary holds the keys of the language. It is not a sync.OnceValue because the table it is
// built from refers to these hints.
var vocabulary struct {
	once     sync.Once
	paths    []string
	sections map[string][]string
	scalars  map[string]bool // sections that may also be a scalar
}

// Keys returns the keys that --set accepts, such as load.rate.
func Keys() []string {
	return slices.DeleteFunc(slices.Clone(keyPaths()), func(key string) bool {
		return key == "include" || key == "profiles" || len(sections()[key]) > 0 && !vocabulary.scalars[key]
	})
}

// keyPaths returns all keys except those in lists, such as load.rate.
func keyPaths() []string {
	makeVocabulary()
	return vocabulary.paths
}

// sections returns the keys with nested keys.
func sections() map[string][]string {
	makeVocabulary()
	return vocabulary.sections
}

func makeVocabulary() {
	vocabulary.once.Do(func() {
		vocabulary.sections, vocabulary.scalars = map[string][]string{}, map[string]bool{}
		var target []string // last, because most targets are addresses
		for _, f := range defaults().schema() {
			vocabulary.paths = append(vocabulary.paths, f.name)
			if sh := f.value.shape; sh.named || sh.list || sh.onlyList || sh.many {
				continue
			}
			vocabulary.scalars[f.name] = len(f.value.shape.scalar) > 0
			for _, in := range f.value.shape.fields {
				vocabulary.sections[f.name] = append(vocabulary.sections[f.name], in.name)
				if f.name == "target" {
					target = append(target, f.name+"."+in.name)
					continue
				}
				vocabulary.paths = append(vocabulary.paths, f.name+"."+in.name)
			}
		}
		vocabulary.paths = append(vocabulary.paths, target...)
	})
}

func cutLast(path string) (before, last string, found bool) {
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}
