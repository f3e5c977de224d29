// Package asyncapi drafts scenarios from AsyncAPI documents, versions 2 and 3, of servers over WebSocket
// or event streams: from the messages of a channel, their examples and their schemas.
package asyncapi

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/internal/lazyregexp"
	"rtbench/scenarios/draft"
)

// Options select and adapt a channel.
type Options struct {
	Pick   string // its number, its name or a part of it; empty: the only one
	Target string // the URL to use instead of that of the document; without a path, with that of the channel
}

// maxSize bounds documents, in bytes.
const maxSize = 4 << 20

// Draft adds a channel of a document to d. file is its name in errors, which have positions.
func Draft(d *draft.Draft, file string, data []byte, o Options) error {
	doc, err := parse(file, data)
	if err != nil {
		return err
	}
	s, err := doc.server(d, o.Target)
	if err != nil {
		return err
	}
	channels, err := doc.channels()
	if err != nil {
		return err
	}
	if len(channels) == 0 {
		return doc.errorf(doc.root, "found no channels; expected one with messages")
	}
	var names []draft.Choice
	for _, c := range channels {
		names = append(names, c.describe())
	}
	i, err := draft.Choose("channels", "--pick", o.Pick, names)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	c := channels[i]
	from := file
	if title := text(child(child(doc.root, "info"), "title")); title != "" {
		from += " (" + title + ")"
	}
	d.Head = append(d.Head, fmt.Sprintf("Written from channel %s of %s.", c.name, from))
	if err := c.addURL(d, s); err != nil {
		return err
	}
	if err := doc.addSecurity(d, s); err != nil {
		return err
	}
	return c.addScript(d)
}

// A document is a parsed AsyncAPI document.
type document struct {
	file  string
	root  *yaml.Node
	three bool // version 3
}

var versionForm = lazyregexp.New(`^(2\.\d+|3\.\d+)(\.\d+)?$`)

// parse reads YAML or JSON and checks its version.
func parse(file string, data []byte) (*document, error) {
	doc := &document{file: file}
	if len(data) > maxSize {
		return nil, fmt.Errorf("%s: found %d bytes; expected at most %d", file, len(data), maxSize)
	}
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		return nil, fmt.Errorf("%s:%s", file, yamlFault(err))
	}
	if n.Kind != yaml.DocumentNode || n.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s:1:1: found no mapping; expected an AsyncAPI document", file)
	}
	doc.root = n.Content[0]
	version := child(doc.root, "asyncapi")
	switch {
	case child(doc.root, "openapi") != nil || child(doc.root, "swagger") != nil:
		return nil, doc.errorf(doc.root, "found an OpenAPI document, which has no messages; expected an AsyncAPI document, version 2 or 3")
	case version == nil:
		return nil, doc.errorf(doc.root, "missing key asyncapi; expected the version, such as `asyncapi: 3.0.0`")
	case !versionForm.MatchString(version.Value):
		return nil, doc.errorf(version, "asyncapi: found %q; expected a version from 2.0.0 to 3.0.0", text(version))
	}
	doc.three = strings.HasPrefix(version.Value, "3")
	return doc, nil
}

var yamlLine = lazyregexp.New(`^yaml: (?:unmarshal errors:\s*)?(?:line (\d+): )?`)

// yamlFault returns an error of the YAML library with its position at the front.
func yamlFault(err error) string {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return "1:1: " + oneLine(err.Error())
	}
	line := m[1]
	if line == "" {
		line = "1"
	}
	return line + ":1: " + oneLine(strings.TrimPrefix(err.Error(), m[0]))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// errorf returns an error at the position of a node.
func (doc *document) errorf(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d:%d: %s", doc.file, max(1, n.Line), max(1, n.Column), fmt.Sprintf(format, args...))
}

// child returns the value of a key; nil if n is no mapping with it.
func child(n *yaml.Node, key string) *yaml.Node {
	for _, p := range pairs(n) {
		if p.key.Value == key {
			return p.value
		}
	}
	return nil
}

type pair struct{ key, value *yaml.Node }

// pairs returns the pairs of a mapping, or of the one that an alias refers to.
func pairs(n *yaml.Node) (out []pair) {
	if n = plain(n); n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, pair{n.Content[i], plain(n.Content[i+1])})
	}
	return out
}

// items returns the items of a list.
func items(n *yaml.Node) (out []*yaml.Node) {
	if n = plain(n); n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	for _, item := range n.Content {
		out = append(out, plain(item))
	}
	return out
}

// plain follows aliases.
func plain(n *yaml.Node) *yaml.Node {
	for range mostReferences {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

// text returns a scalar on one line; empty if n is none.
func text(n *yaml.Node) string {
	if n = plain(n); n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	line := oneLine(n.Value)
	return strings.ToValidUTF8(line[:min(len(line), 200)], "")
}

// mostReferences bounds references to references.
const mostReferences = 16

// resolve follows $ref within the document.
func (doc *document) resolve(n *yaml.Node) (*yaml.Node, error) {
	n = plain(n)
	for range mostReferences {
		ref := child(n, "$ref")
		if ref == nil || ref.Kind != yaml.ScalarNode {
			return n, nil
		}
		path, local := strings.CutPrefix(ref.Value, "#/")
		if !local {
			return nil, doc.errorf(ref, "$ref: found %q in another file; expected a reference within this file, such as #/components/messages/hello: bundle the files first (`asyncapi bundle`)", text(ref))
		}
		to := doc.root
		for step := range strings.SplitSeq(path, "/") {
			step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
			next := child(to, step)
			if next == nil {
				return nil, doc.errorf(ref, "$ref: found %q, but %q does not exist%s", text(ref), step, nearestKey(to, step))
			}
			to = next
		}
		n = to
	}
	return nil, doc.errorf(n, "$ref: more than %d references to references", mostReferences)
}

// names returns the keys of a mapping.
func names(n *yaml.Node) (out []string) {
	for _, p := range pairs(n) {
		out = append(out, p.key.Value)
	}
	return out
}

// contains reports whether a text is one of a list of scalars.
func contains(n *yaml.Node, s string) bool {
	return slices.ContainsFunc(items(n), func(item *yaml.Node) bool { return item != nil && item.Value == s })
}
