package method

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
)

// longest is how much of a reply is shown, in bytes.
const longest = 200

// JSON is a message of the method's Output in readable form, cut to 200 bytes, for
// messages about it; of bytes that are none it says so. It is not for the hot path.
func (m *Method) JSON(b []byte) string {
	reply := dynamicpb.NewMessage(m.Output)
	if err := (proto.UnmarshalOptions{AllowPartial: true, Resolver: m.types}).Unmarshal(b, reply); err != nil {
		return fmt.Sprintf("%d bytes that are no %s: %x", len(b), m.Output.FullName(), b[:min(len(b), 32)])
	}
	text, err := protojson.MarshalOptions{AllowPartial: true, Resolver: m.types}.Marshal(reply)
	if err != nil {
		return fmt.Sprintf("%d bytes of %s that cannot be shown: %x", len(b), m.Output.FullName(), b[:min(len(b), 32)])
	}
	// The library varies its white space on purpose.
	var compact bytes.Buffer
	if json.Compact(&compact, text) != nil {
		return string(text[:min(len(text), longest)])
	}
	short := compact.String()
	if len(short) > longest {
		short = strings.ToValidUTF8(short[:longest], "") + "…"
	}
	return short
}
