package grpcschema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"rtbench/scenarios/template"
)

// maxShown is the length in bytes at which a reply is cut.
const maxShown = 200

// JSON formats a message of type Output as JSON, cut to 200 bytes, for error messages. It
// reports bytes that are not such a message. It is not meant for the hot path.
func (m *Method) JSON(b []byte) string {
	text, why := m.text(b)
	switch {
	case why != "":
		return fmt.Sprintf("%d bytes that are not a %s (%s): %x", len(b), m.Output.FullName(), why, b[:min(len(b), 32)])
	case len(text) > maxShown:
		return strings.ToValidUTF8(string(text[:maxShown]), "") + "…"
	}
	return string(text)
}

// text formats a message of type Output as compact JSON, or returns why it cannot.
func (m *Method) text(b []byte) (text []byte, why string) {
	if field, why := m.output.check(b, 0); why != "" {
		return nil, fieldPrefix(field) + why
	}
	reply := dynamicpb.NewMessage(m.Output)
	if err := (proto.UnmarshalOptions{AllowPartial: true, Resolver: m.types}).Unmarshal(b, reply); err != nil {
		return nil, "cannot be decoded"
	}
	text, err := protojson.MarshalOptions{AllowPartial: true, Resolver: m.types}.Marshal(reply)
	if err != nil {
		return nil, "cannot be formatted as JSON"
	}
	// The library randomizes white space on purpose.
	var compact bytes.Buffer
	if json.Compact(&compact, text) != nil {
		return text, ""
	}
	return compact.Bytes(), ""
}

// fieldPrefix names the field at fault, possibly in a nested message; "" for 0.
func fieldPrefix(number protowire.Number) string {
	if number == 0 {
		return ""
	}
	return fmt.Sprintf("field %d is ", number)
}

// Text returns a Field that yields the whole message as compact JSON, for conditions. It
// decodes every message.
func (m *Method) Text() template.Field {
	return findFunc(func(reply []byte) ([]byte, bool) {
		text, why := m.text(reply)
		return text, why == ""
	})
}

// A findFunc is the Find of a Field.
type findFunc func(reply []byte) ([]byte, bool)

func (f findFunc) Find(reply []byte) ([]byte, bool) { return f(reply) }
