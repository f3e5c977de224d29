package grpcschema

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// wellKnown lists the google.protobuf messages with a special JSON form (protobuf guide,
// "ProtoJSON Format"). The value tells whether they may contain actions.
var wellKnown = map[protoreflect.FullName]bool{
	"google.protobuf.Any":         false,
	"google.protobuf.BoolValue":   true,
	"google.protobuf.BytesValue":  true,
	"google.protobuf.DoubleValue": true,
	"google.protobuf.Duration":    false,
	"google.protobuf.FieldMask":   false,
	"google.protobuf.FloatValue":  true,
	"google.protobuf.Int32Value":  true,
	"google.protobuf.Int64Value":  true,
	"google.protobuf.ListValue":   true,
	"google.protobuf.StringValue": true,
	"google.protobuf.Struct":      true,
	"google.protobuf.Timestamp":   true,
	"google.protobuf.UInt32Value": true,
	"google.protobuf.UInt64Value": true,
	"google.protobuf.Value":       true,
}

// wellKnownMessage compiles a message of these types.
func (c *compiler) wellKnownMessage(v value, md protoreflect.MessageDescriptor) ([]node, error) {
	if !v.dynamic {
		return c.wholeMessage(v, md)
	}
	if !wellKnown[md.FullName()] {
		return nil, c.errorf(v.at, "%s cannot contain actions", md.FullName())
	}
	switch md.FullName() {
	case "google.protobuf.Struct":
		return c.structMessage(v, md)
	case "google.protobuf.ListValue":
		if v.shape != array {
			return nil, c.errorf(v.at, "found %s; expected […] for a %s", c.excerpt(v), md.FullName())
		}
		return c.list(v, md.Fields().ByNumber(1))
	case "google.protobuf.Value":
		return c.dynamicValue(v, md)
	case "google.protobuf.Timestamp":
		return c.timestamp(v, md)
	}
	fd := md.Fields().ByNumber(1)
	l, err := c.leaf(v, fd, tagOf(fd, wireType(fd.Kind())))
	return []node{l}, err
}

// wholeMessage compiles a message without actions through protojson.
func (c *compiler) wholeMessage(v value, md protoreflect.MessageDescriptor) ([]node, error) {
	b, err := c.encode(c.text[v.at:v.end], md)
	if err == nil {
		return []node{literal(b)}, nil
	}
	// Drop the library's position, which refers to a part of the text.
	words := strings.ReplaceAll(err.Error(), "\u00a0", " ")
	if i := strings.LastIndex(words, "): "); i >= 0 {
		words = words[i+len("): "):]
	}
	return nil, c.errorf(v.at, "found %s; expected a %s: %s", c.excerpt(v), md.FullName(), words)
}

// structMessage compiles a google.protobuf.Struct, whose only field is a map of Values.
func (c *compiler) structMessage(v value, md protoreflect.MessageDescriptor) ([]node, error) {
	if v.shape != object {
		return nil, c.errorf(v.at, "found %s; expected {…} for a %s", c.excerpt(v), md.FullName())
	}
	return c.mapField(v, md.Fields().ByNumber(1))
}

// dynamicValue compiles a google.protobuf.Value with actions. Unquoted ones are numbers.
func (c *compiler) dynamicValue(v value, md protoreflect.MessageDescriptor) ([]node, error) {
	name := map[shape]protoreflect.Name{
		object: "struct_value", array: "list_value", text: "string_value", bare: "number_value",
	}[v.shape]
	return c.singular(v, md.Fields().ByName(name))
}

// timestamp compiles a google.protobuf.Timestamp with actions.
func (c *compiler) timestamp(v value, md protoreflect.MessageDescriptor) ([]node, error) {
	if v.shape != text && v.shape != bare {
		return nil, c.errorf(v.at, "found %s; expected RFC 3339 text for a %s", c.excerpt(v), md.FullName())
	}
	l := &leaf{kind: protoreflect.MessageKind}
	return []node{l}, c.fill(l, v, "a "+string(md.FullName()), "RFC 3339 text")
}
