package scenarios

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/spec"
)

// Limits of included files.
const (
	maxDepth    = 5  // depth
	maxIncluded = 50 // total
)

// An includedFile is a file that was included.
type includedFile struct {
	name string
	text []byte
}

// included merges a mapping over everything it includes. chain lists the including files.
func (b *builder) included(root *yaml.Node, file string, chain []string) *yaml.Node {
	include := spec.Child(root, "include")
	if include == nil {
		return root
	}
	var base *yaml.Node
	for _, n := range spec.Elements(include) {
		if n.Kind == yaml.ScalarNode && validInclude(n) {
			base = b.r.Merge(base, b.include(n, file, append(slices.Clip(chain), filepath.Clean(file))))
		}
	}
	base = b.r.Without(base, "include") // else a file without a name would get one
	return b.r.Merge(base, b.spelled(base, root))
}

// spelled returns root with its target in keys and values if that of base is, so that they merge: a URL alone
// stands for the url of its protocol.
func (b *builder) spelled(base, root *yaml.Node) *yaml.Node {
	below, target := spec.Child(base, "target"), spec.Child(root, "target")
	if below == nil || below.Kind != yaml.MappingNode || target == nil {
		return root
	}
	if a, ok := cutURL(target.Value); target.Kind == yaml.ScalarNode && ok && protocolOf(a.scheme) != "" {
		return b.r.Replaced(root, "target", b.r.Wrapped(protocolOf(a.scheme), b.r.Wrapped("url", target)))
	}
	for _, p := range spec.Pairs(target) {
		if of := spec.Child(below, p.Key.Value); p.Value.Kind == yaml.ScalarNode && of != nil && of.Kind == yaml.MappingNode && !spec.IsNull(p.Value) {
			target = b.r.Replaced(target, p.Key.Value, b.r.Wrapped("url", p.Value))
		}
	}
	return b.r.Replaced(root, "target", target)
}

func validInclude(n *yaml.Node) bool {
	_, ok := includeName.Parse(n.Value)
	return ok
}

// include reads a file and everything it includes; nil after a problem.
func (b *builder) include(n *yaml.Node, from string, chain []string) *yaml.Node {
	name := n.Value
	text, isBuiltin := Builtin(name)
	if !isBuiltin {
		text, isBuiltin = Preset(name)
	}
	if !isBuiltin && !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(from), name)
	}
	switch {
	case slices.Contains(chain, filepath.Clean(name)):
		b.r.Problem(n, "include", ": %s includes itself (%s); expected no cycle", b.shown(n, name), strings.Join(append(chain, b.shown(n, name)), " → "))
		return nil
	case len(chain) > maxDepth:
		b.r.Problem(n, "include", ": %s is nested %d levels deep; expected at most %d", b.shown(n, name), len(chain)+1, maxDepth+1)
		return nil
	case len(b.files) >= maxIncluded:
		b.r.Problem(n, "include", ": found more than %d files; expected fewer", maxIncluded)
		return nil
	}
	if !isBuiltin {
		var err error
		if text, err = b.readIncluded(name); err != nil {
			b.r.Problem(n, "include", ": cannot read %s; expected a file (relative to %s), a preset (%s) or a built-in scenario%s", spec.Quote(b.r.Text(n)), from, strings.Join(Presets(), ", "), spec.Nearest(b.r.Text(n), append(Presets(), Names()...)...))
			return nil
		}
	}
	b.files = append(b.files, includedFile{b.shown(n, name), text})
	if isBuiltin {
		name += ".yaml (built in)"
	}
	root := b.document(b.r.AddFile(b.shown(n, name)), text)
	return b.included(root, name, chain)
}

// shown returns the name of a file, or the variable it came from.
func (b *builder) shown(n *yaml.Node, name string) string {
	if b.r.FromVariable(n) {
		return b.r.Text(n)
	}
	return name
}

func (b *builder) readIncluded(path string) ([]byte, error) {
	if b.options.Read == nil {
		return nil, fmt.Errorf("files cannot be included here")
	}
	text, err := b.options.Read(path)
	if err == nil {
		if b.read == nil {
			b.read = map[string][]byte{}
		}
		b.read[path] = text
	}
	return text, err
}

// echo returns the text of a scenario followed by its other sources as comments, for results.
// Variables are not expanded.
func (b *builder) echo(data []byte) []byte {
	var more []string
	if b.options.Profile != "" {
		more = append(more, "# with --profile "+spec.OneLine(b.options.Profile))
	}
	for _, set := range b.options.Set {
		more = append(more, "# with --set "+spec.OneLine(set))
	}
	for _, f := range b.files {
		more = append(more, "# included: "+f.name)
		for line := range strings.Lines(string(f.text)) {
			more = append(more, strings.TrimRight("#   "+line, "\r\n "))
		}
	}
	if len(more) == 0 {
		return data
	}
	return []byte(strings.TrimRight(string(data), "\n") + "\n" + strings.Join(more, "\n") + "\n")
}
