package scenarios

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Limits of included files.
const (
	maxDepth    = 5  // depth
	maxIncluded = 50 // total
)

// includeName is the name of another scenario.
var includeName = textPattern("a file such as common.yaml, or a built-in scenario", `^[^\x00-\x1f]{1,1000}$`)

// An includedFile is a file that was included.
type includedFile struct {
	name string
	text []byte
}

// included merges a mapping over everything it includes. chain lists the including files.
func (b *builder) included(root *yaml.Node, file string, chain []string) *yaml.Node {
	include := child(root, "include")
	if include == nil {
		return root
	}
	names := []*yaml.Node{include}
	if include.Kind == yaml.SequenceNode {
		names = include.Content
	}
	var base *yaml.Node
	for _, n := range names {
		if n.Kind == yaml.ScalarNode && includeName.fits(n) {
			base = b.r.merge(base, b.include(n, file, append(slices.Clip(chain), filepath.Clean(file))))
		}
	}
	base = b.r.without(base, "include") // else a file without a name would get one
	return b.r.merge(base, root)
}

// include reads a file and everything it includes; nil after a problem.
func (b *builder) include(n *yaml.Node, from string, chain []string) *yaml.Node {
	name := n.Value
	text, isBuiltin := Builtin(name)
	if !isBuiltin && !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(from), name)
	}
	switch {
	case slices.Contains(chain, filepath.Clean(name)):
		b.r.problem(n, "include: %s includes itself (%s); expected no cycle", b.shown(n, name), strings.Join(append(chain, b.shown(n, name)), " → "))
		return nil
	case len(chain) > maxDepth:
		b.r.problem(n, "include: %s is nested %d levels deep; expected at most %d", b.shown(n, name), len(chain)+1, maxDepth+1)
		return nil
	case len(b.files) >= maxIncluded:
		b.r.problem(n, "include: found more than %d files; expected fewer", maxIncluded)
		return nil
	}
	if !isBuiltin {
		var err error
		if text, err = b.readIncluded(name); err != nil {
			b.r.problem(n, "include: cannot read %s; expected a file (relative to %s) or a built-in scenario%s", quote(b.r.text(n)), from, nearest(b.r.text(n), Names()))
			return nil
		}
	}
	b.files = append(b.files, includedFile{b.shown(n, name), text})
	if isBuiltin {
		name += ".yaml (built in)"
	}
	root := b.document(b.r.source(b.shown(n, name), false), text)
	return b.included(root, name, chain)
}

// shown returns the name of a file, or the variable it came from.
func (b *builder) shown(n *yaml.Node, name string) string {
	if w, ok := b.r.written[n]; ok {
		return w
	}
	return name
}

func (b *builder) readIncluded(path string) ([]byte, error) {
	if b.options.Read == nil {
		return nil, fmt.Errorf("files cannot be included here")
	}
	return b.options.Read(path)
}

// echo returns the text of a scenario followed by its other sources as comments, for results.
// Variables are not expanded.
func (b *builder) echo(data []byte) []byte {
	var more []string
	if b.options.Profile != "" {
		more = append(more, "# with --profile "+oneLine(b.options.Profile))
	}
	for _, set := range b.options.Set {
		more = append(more, "# with --set "+oneLine(set))
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
