package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// MaxFile is the maximum size of a scenario in bytes.
const MaxFile = 256 << 10

// Document parses a file: its first document, with variables expanded; nil after a problem that
// prevents further checks.
func (r *Reader) Document(source int, data []byte, v *Variables) *yaml.Node {
	defer r.WithSource(source)()
	root := r.document(data)
	if root == nil {
		return nil
	}
	r.adoptExpanded(root, source, v)
	return root
}

// Parse parses a value of --set; nil if it is not YAML.
func (r *Reader) Parse(source int, text string, v *Variables) *yaml.Node {
	doc, err := decode(yaml.NewDecoder(strings.NewReader(text)))
	if err != nil || len(doc.Content) == 0 {
		return nil
	}
	r.adoptExpanded(doc.Content[0], source, v)
	return doc.Content[0]
}

func (r *Reader) adoptExpanded(n *yaml.Node, source int, v *Variables) {
	r.Adopt(n, source)
	r.Refuse(n)
	r.Expand(n, v)
}

// document returns the root of the first document of a file, or nil after a problem.
func (r *Reader) document(data []byte) *yaml.Node {
	if !r.IsText(data) {
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	doc, err := decode(dec)
	switch {
	case errors.Is(err, io.EOF) || (err == nil && IsNull(doc.Content[0])):
		r.place(1, 1, "empty file; expected a scenario, such as `rtbench scenario show echo` prints")
		return nil
	case err != nil:
		r.syntax(data, err)
		return nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		r.Problem(root, "", "found %s; expected a scenario of keys and values such as `name: echo`", Describe(root))
		return nil
	}
	second, err := decode(dec)
	if err == nil {
		r.Problem(second, "", "a second document; expected one scenario in a file")
	} else if !errors.Is(err, io.EOF) {
		r.syntax(data, err)
	}
	return root
}

// IsText reports problems that yaml.v3 reports without a position or handles slowly.
func (r *Reader) IsText(data []byte) bool {
	if len(data) > MaxFile {
		r.place(1, 1, "found %d bytes; expected at most %d", len(data), MaxFile)
		return false
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		r.place(1, 1, "found UTF-16; expected UTF-8")
		return false
	}
	line, column := 1, 1
	for rest := data; len(rest) > 0; column++ {
		c, n := utf8.DecodeRune(rest)
		if c == utf8.RuneError && n == 1 {
			r.place(line, column, "byte 0x%02x is not UTF-8; expected a text file in YAML", rest[0])
			return false
		}
		if unicode.IsControl(c) && c != '\t' && c != '\r' && c != '\n' {
			r.place(line, column, "control character %U; expected a text file in YAML", c)
			return false
		}
		if rest = rest[n:]; c == '\n' {
			line, column = line+1, 0
		}
	}
	return true
}

// decode reads a document and turns panics of yaml.v3 into errors.
func decode(dec *yaml.Decoder) (doc *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: parser failed: %v", p)
		}
	}()
	doc = new(yaml.Node)
	if err := dec.Decode(doc); err != nil {
		return nil, err
	}
	return doc, nil
}

// IsNull reports whether a node is a scalar without a value.
func IsNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// Describe names a node in messages.
func Describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		return "the number " + Shorten(n.Value)
	case "!!bool":
		return n.Value
	case "!!timestamp":
		return "the date " + Shorten(n.Value)
	}
	return "the text " + Quote(n.Value)
}
