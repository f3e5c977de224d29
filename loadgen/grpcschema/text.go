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

// maxShown is how much of a reply is shown, in bytes.
const maxShown = 200

// JSON is a message of the method's Output in readable form, cut to 200 bytes, for
// messages about it; of bytes that are none it says so. It is not for the hot path.
func (m *Method) JSON(b []byte) string {
	text, why := m.text(b)
	switch {
	case why != "":
		return fmt.Sprintf("%d bytes that are no %s (%s): %x", len(b), m.Output.FullName(), why, b[:min(len(b), 32)])
	case len(text) > maxShown:
		return strings.ToValidUTF8(string(text[:maxShown]), "") + "…"
	}
	return string(text)
}

// text is a message of the method's Output as JSON without white space, or why it cannot be.
func (m *Method) text(b []byte) (text []byte, why string) {
	if field, why := m.output.check(b, 0); why != "" {
		return nil, fieldPrefix(field) + why
	}
	reply := dynamicpb.NewMessage(m.Output)
	if err := (proto.UnmarshalOptions{AllowPartial: true, Resolver: m.types}).Unmarshal(b, reply); err != nil {
		return nil, "it cannot be decoded"
	}
	text, err := protojson.MarshalOptions{AllowPartial: true, Resolver: m.types}.Marshal(reply)
	if err != nil {
		return nil, "it cannot be shown as JSON"
	}
	// The library varies its white space on purpose.
	var compact bytes.Buffer
	if json.Compact(&compact, text) != nil {
		return text, ""
	}
	return compact.Bytes(), ""
}

// fieldPrefix names a field at fault, possibly of a nested message; empty for 0.
func fieldPrefix(number protowire.Number) string {
	if number == 0 {
		return ""
	}
	return fmt.Sprintf("field %d is ", number)
}

// Text returns a Field whose value is the whole message as compact JSON, for conditions. It
// decodes each message.
func (m *Method) Text() template.Field { return asText{m} }

type asText struct{ method *Method }

// Find implements template.Field.
func (t asText) Find(reply []byte) ([]byte, bool) {
	text, why := t.method.text(reply)
	return text, why == ""
}
