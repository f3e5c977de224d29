package grpcschema

import (
	"encoding/json"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"rtbench/internal/lazyregexp"
)

// Sample returns a message of type Input as a template for Compile, with a value for each field. secret
// returns the template of a field by its name if its value is a secret, else "". id is a field of both
// Input and Output with the name of an ID: in the template it holds the number of the message; empty if
// there is none.
func (m *Method) Sample(secret func(name string) string) (text, id string) {
	s := sampler{secret: secret, id: m.commonID()}
	if m.Input.FullName() == "google.protobuf.Any" {
		return "{}", ""
	}
	return s.message(m.Input, nil), s.id
}

// idForm matches the names of fields that number messages.
var idForm = lazyregexp.New(`(?i)^(id|seq|sequence|nonce|n|number|index|.*_id|.*_seq|correlation.*|request_?number)$`)

// commonID returns a field of Input that Output has as well.
func (m *Method) commonID() string {
	if m.ClientStreams != m.ServerStreams { // no reply for each message
		return ""
	}
	for i := range m.Input.Fields().Len() {
		fd := m.Input.Fields().Get(i)
		other := m.Output.Fields().ByName(fd.Name())
		if other != nil && other.Kind() == fd.Kind() && numbers[fd.Kind()] && fd.Cardinality() != protoreflect.Repeated && other.Cardinality() != protoreflect.Repeated && idForm.MatchString(string(fd.Name())) {
			return string(fd.Name())
		}
	}
	return ""
}

// numbers are the kinds of fields that can hold the number of a message.
var numbers = map[protoreflect.Kind]bool{
	protoreflect.Int32Kind: true, protoreflect.Int64Kind: true, protoreflect.Uint32Kind: true, protoreflect.Uint64Kind: true,
	protoreflect.Fixed32Kind: true, protoreflect.Fixed64Kind: true, protoreflect.Sfixed32Kind: true, protoreflect.Sfixed64Kind: true,
	protoreflect.StringKind: true,
}

// A sampler writes a message.
type sampler struct {
	secret func(name string) string
	id     string
	fields int
}

// Limits of a sample.
const (
	mostFields = 60
	mostNested = 3
)

// message returns a message. within are the types of the messages around it.
func (s *sampler) message(md protoreflect.MessageDescriptor, within []protoreflect.FullName) string {
	if text, ok := wellKnownSamples[md.FullName()]; ok {
		return text
	}
	within = append(slices.Clip(within), md.FullName())
	var parts []string
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		if !s.has(fd, within) {
			continue
		}
		s.fields++
		name, _ := json.Marshal(fd.TextName()) // a name
		parts = append(parts, string(name)+":"+s.field(fd, within))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// has reports whether a sample has a field: all, except alternatives, fields nested too deep, and those
// of types around it.
func (s *sampler) has(fd protoreflect.FieldDescriptor, within []protoreflect.FullName) bool {
	inner := fd.Message()
	if fd.IsMap() {
		inner = fd.MapValue().Message()
	}
	around := inner != nil && slices.Contains(within, inner.FullName())
	if fd.Cardinality() == protoreflect.Required {
		return !around // no message can have a required field of its own type
	}
	if one := fd.ContainingOneof(); one != nil && !one.IsSynthetic() && one.Fields().Get(0) != fd {
		return false
	}
	nested := around || inner != nil && (len(within) > mostNested || inner.FullName() == "google.protobuf.Any")
	return !nested && s.fields < mostFields && fd.Kind() != protoreflect.GroupKind
}

func (s *sampler) field(fd protoreflect.FieldDescriptor, within []protoreflect.FullName) string {
	switch {
	case fd.IsMap():
		key := `"key"`
		switch fd.MapKey().Kind() {
		case protoreflect.BoolKind:
			key = `"true"`
		case protoreflect.StringKind:
		default:
			key = `"1"`
		}
		return "{" + key + ":" + s.single(fd.MapValue(), within) + "}"
	case fd.IsList():
		return "[" + s.single(fd, within) + "]"
	}
	return s.single(fd, within)
}

// single returns a value of a field that is neither a list nor a map.
func (s *sampler) single(fd protoreflect.FieldDescriptor, within []protoreflect.FullName) string {
	if len(within) == 1 && string(fd.Name()) == s.id {
		if fd.Kind() == protoreflect.StringKind {
			return `"{{.RequestNumber}}"`
		}
		return "{{.RequestNumber}}"
	}
	switch fd.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return s.message(fd.Message(), within)
	case protoreflect.BoolKind:
		return "true"
	case protoreflect.EnumKind:
		values := fd.Enum().Values()
		name, _ := json.Marshal(string(values.Get(min(1, values.Len()-1)).Name()))
		return string(name)
	case protoreflect.StringKind:
		if text := s.secret(string(fd.Name())); text != "" {
			return `"` + text + `"`
		}
		return `"{{randomString 20}}"`
	case protoreflect.BytesKind:
		return `"{{randomString 32}}"`
	}
	return "{{randomInt 1 100}}"
}

// wellKnownSamples are messages with a special JSON form.
var wellKnownSamples = map[protoreflect.FullName]string{
	"google.protobuf.BoolValue":   "true",
	"google.protobuf.BytesValue":  `"{{randomString 32}}"`,
	"google.protobuf.DoubleValue": "{{randomInt 1 100}}",
	"google.protobuf.Duration":    `"1s"`,
	"google.protobuf.FieldMask":   `""`,
	"google.protobuf.FloatValue":  "{{randomInt 1 100}}",
	"google.protobuf.Int32Value":  "{{randomInt 1 100}}",
	"google.protobuf.Int64Value":  "{{randomInt 1 100}}",
	"google.protobuf.ListValue":   "[]",
	"google.protobuf.StringValue": `"{{randomString 20}}"`,
	"google.protobuf.Struct":      "{}",
	"google.protobuf.Timestamp":   `"{{.Timestamp}}"`,
	"google.protobuf.UInt32Value": "{{randomInt 1 100}}",
	"google.protobuf.UInt64Value": "{{randomInt 1 100}}",
	"google.protobuf.Value":       `"text"`,
}
