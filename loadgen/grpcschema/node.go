package grpcschema

import (
	"google.golang.org/protobuf/encoding/protowire"

	"rtbench/scenarios/template"
)

// A node appends a part of a message in protobuf's encoding. It is immutable.
type node interface {
	append(dst []byte, v *template.Values) []byte
}

// literal is what is the same in each message.
type literal []byte

func (s literal) append(dst []byte, _ *template.Values) []byte { return append(dst, s...) }

// join appends a node to others; neighbours that are static become one.
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

// appendAll appends all nodes.
func appendAll(dst []byte, nodes []node, v *template.Values) []byte {
	for _, n := range nodes {
		dst = n.append(dst, v)
	}
	return dst
}

// A delimited is a tag, the length of what follows, and that: a message in a message, an entry
// of a map, or packed numbers.
type delimited struct {
	tag   []byte
	width int // how many bytes the length has, as a rule
	nodes []node
}

// newDelimited returns a nest of nodes, static where they are. sample is a message's values.
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

// zeros is room for a length.
var zeros [10]byte

// setLength writes how much follows the length that begins at start and has room for width
// bytes. It moves what follows where the length has another width, so that no decoder has
// to take more bytes than needed for it.
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
