package grpcschema

import (
	"google.golang.org/protobuf/encoding/protowire"

	"rtbench/scenarios/template"
)

// A node appends a part of an encoded message. It is immutable.
type node interface {
	append(dst []byte, v *template.Values) []byte
}

// literal is the same in every message.
type literal []byte

func (s literal) append(dst []byte, _ *template.Values) []byte { return append(dst, s...) }

// join appends nodes and merges adjacent literals.
func join(nodes []node, next ...node) []node {
	for _, n := range next {
		s, ok := n.(literal)
		if ok && len(s) == 0 {
			continue
		}
		if last := len(nodes) - 1; ok && last >= 0 {
			if before, ok := nodes[last].(literal); ok {
				nodes[last] = append(before[:len(before):len(before)], s...)
				continue
			}
		}
		nodes = append(nodes, n)
	}
	return nodes
}

func appendAll(dst []byte, nodes []node, v *template.Values) []byte {
	for _, n := range nodes {
		dst = n.append(dst, v)
	}
	return dst
}

// checkAll returns an error if captured values do not fit their fields.
func checkAll(nodes []node, v *template.Values) error {
	for _, n := range nodes {
		var err error
		switch n := n.(type) {
		case *leaf:
			err = n.check(v)
		case delimited:
			err = checkAll(n.nodes, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A delimited node is a length-delimited field: a message, a map entry or packed numbers.
type delimited struct {
	tag   []byte
	width int // expected size of the length
	nodes []node
}

// newDelimited returns a length-delimited field, a literal if all its nodes are. sample is used
// to estimate the length.
func newDelimited(tag []byte, nodes []node, sample *template.Values) node {
	body := appendAll(nil, nodes, sample)
	n := delimited{tag: tag, width: protowire.SizeVarint(uint64(len(body))), nodes: nodes}
	for _, part := range nodes {
		if _, ok := part.(literal); !ok {
			return n
		}
	}
	return literal(n.append(nil, sample))
}

func (n delimited) append(dst []byte, v *template.Values) []byte {
	dst = append(dst, n.tag...)
	start := len(dst)
	dst = append(dst, zeros[:n.width]...)
	dst = appendAll(dst, n.nodes, v)
	return setLength(dst, start, n.width)
}

// zeros reserves space for a length.
var zeros [10]byte

// setLength writes the length of the bytes after start+width into the width bytes reserved at
// start. If the length needs more or fewer bytes it moves the body, so that the encoding is
// minimal.
func setLength(dst []byte, start, width int) []byte {
	body := start + width
	n := len(dst) - body
	need := protowire.SizeVarint(uint64(n))
	if need > width {
		dst = append(dst, zeros[:need-width]...)
	}
	if need != width {
		copy(dst[start+need:], dst[body:body+n])
		dst = dst[:start+need+n]
	}
	protowire.AppendVarint(dst[:start], uint64(n))
	return dst
}
