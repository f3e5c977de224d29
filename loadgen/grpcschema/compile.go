package grpcschema

import (
	"encoding/json"
	"math/rand/v2"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"rtbench/scenarios/template"
)

// Compile compiles a message of type Input, written as protobuf JSON with template actions,
// into a Format that appends its protobuf encoding. Actions may stand for values of any kind
// and for map keys, but not for field names. Quotes around an action are optional, numbers are
// decimal, and the text of a bytes field is used as is, not as base64. Among the
// google.protobuf types, Timestamp (RFC 3339), the wrappers, Struct, Value and ListValue may
// contain actions. Values from rows are checked at compile time, and captured ones by Check.
// Integers that overflow their type wrap.
//
// The error is a *template.SyntaxError whose Offset refers to text.
func (m *Method) Compile(text string, o template.Options) (template.Format, error) {
	s, err := newSource(text, o)
	if err != nil {
		return nil, err
	}
	v, err := readValue(s)
	if err != nil {
		return nil, err
	}
	c := &compiler{source: s, method: m}
	if o.Rows != nil {
		c.rows = uint64(o.Rows.Len())
	}
	nodes, err := c.message(v, m.Input)
	if err != nil {
		return nil, err
	}
	return format(nodes), nil
}

// A format is a Format made of nodes.
type format []node

func (f format) Append(dst []byte, v *template.Values) []byte { return appendAll(dst, f, v) }

// Check implements template.Checker.
func (f format) Check(v *template.Values) error {
	sample := *v
	sample.Rand, sample.Header = rand.NewPCG(1, 1), nil // v.Rand belongs to the messages
	return checkAll(f, &sample)
}

// A compiler turns the values of a source into nodes.
type compiler struct {
	*source
	method  *Method
	rows    uint64 // number of rows
	scratch []byte
}

// sample returns the values of the n-th message for trying actions.
func sample(n uint64) *template.Values {
	return &template.Values{
		Number: n, Seq: n, Stream: uint32(n), Row: n,
		Unix:   1_900_000_000_123_456_789,
		Header: func() []byte { return []byte(strings.Repeat("h", 64)) },
		Rand:   rand.NewPCG(1, n),
	}
}

// message compiles a value of a message type, without tag and length.
func (c *compiler) message(v value, md protoreflect.MessageDescriptor) ([]node, error) {
	if _, ok := wellKnown[md.FullName()]; ok {
		return c.wellKnownMessage(v, md)
	}
	if v.shape != object {
		return nil, c.errorf(v.at, "found %s; expected {…} for message %s", c.excerpt(v), md.FullName())
	}
	seen := make(map[protoreflect.FieldNumber]bool)
	alternatives := make(map[protoreflect.FullName]protoreflect.Name)
	var nodes []node
	for _, member := range v.members {
		fd, err := c.fieldOf(member.key, md)
		if err != nil {
			return nil, err
		}
		if seen[fd.Number()] {
			return nil, c.errorf(member.key.at, "duplicate field %s of %s", fd.Name(), md.FullName())
		}
		seen[fd.Number()] = true
		if c.isNull(member.value) && !takesNull(fd) {
			continue
		}
		if one := fd.ContainingOneof(); one != nil {
			if other, ok := alternatives[one.FullName()]; ok {
				return nil, c.errorf(member.key.at, "fields %s and %s of %s are both set; expected at most one of oneof %s", other, fd.Name(), md.FullName(), one.Name())
			}
			alternatives[one.FullName()] = fd.Name()
		}
		field, err := c.field(member.value, fd)
		if err != nil {
			return nil, err
		}
		nodes = join(nodes, field...)
	}
	for i := range md.RequiredNumbers().Len() {
		if n := md.RequiredNumbers().Get(i); !seen[n] {
			return nil, c.errorf(v.at, "field %s of %s is required", md.Fields().ByNumber(n).Name(), md.FullName())
		}
	}
	return nodes, nil
}

// fieldOf returns the field that a key names.
func (c *compiler) fieldOf(key value, md protoreflect.MessageDescriptor) (protoreflect.FieldDescriptor, error) {
	if key.dynamic {
		return nil, c.errorf(key.at, "a field name of %s contains an action; expected a constant", md.FullName())
	}
	name, err := c.unescape(key)
	if err != nil {
		return nil, err
	}
	if fd := named(md, name); fd != nil {
		return fd, nil
	}
	return nil, c.errorf(key.at, "message %s has no field %q; expected one of %s", md.FullName(), name, listNames(name, fieldNames(md)))
}

// named returns a field by its JSON name or its name in the .proto file.
func named(md protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if fd := md.Fields().ByJSONName(name); fd != nil {
		return fd
	}
	return md.Fields().ByTextName(name)
}

func fieldNames(md protoreflect.MessageDescriptor) (names []string) {
	for i := range md.Fields().Len() {
		names = append(names, md.Fields().Get(i).TextName())
	}
	return names
}

func (c *compiler) isNull(v value) bool { return v.shape == bare && c.text[v.at:v.end] == "null" }

// takesNull reports whether null is a value of the field rather than its absence.
func takesNull(fd protoreflect.FieldDescriptor) bool {
	if fd.Cardinality() == protoreflect.Repeated {
		return false
	}
	return fd.Message() != nil && fd.Message().FullName() == "google.protobuf.Value" ||
		fd.Enum() != nil && fd.Enum().FullName() == "google.protobuf.NullValue"
}

// unescape returns the text of a string without actions.
func (c *compiler) unescape(v value) (string, error) {
	var s wrapperspb.StringValue
	raw := c.text[v.at:v.end]
	if !json.Valid([]byte(raw)) || protojson.Unmarshal([]byte(raw), &s) != nil {
		return "", c.errorf(v.at, "%s is not a JSON string: it contains a control character, an invalid escape or invalid UTF-8", c.excerpt(v))
	}
	return s.Value, nil
}

// template returns the text and actions of a string or of an unquoted value.
func (c *compiler) template(v value) (*template.Template, error) {
	var parts []template.Part
	at, end := v.at, v.end
	if v.shape == text {
		at, end = at+1, end-1
	}
	for at < end {
		if c.text[at] == placeholder {
			parts = append(parts, c.part(at))
			at++
			continue
		}
		stop := end
		if i := strings.IndexByte(c.text[at:end], placeholder); i >= 0 {
			stop = at + i
		}
		literal := c.text[at:stop]
		if v.shape == text {
			var s wrapperspb.StringValue
			if protojson.Unmarshal([]byte(`"`+literal+`"`), &s) != nil {
				return nil, c.errorf(at, "%q is not valid in a JSON string: it contains a control character, an invalid escape or invalid UTF-8", literal)
			}
			literal = s.Value
		}
		parts = append(parts, template.Part{Literal: literal})
		at = stop
	}
	return template.New(parts), nil
}

// tagOf returns a field's tag with a wire type.
func tagOf(fd protoreflect.FieldDescriptor, t protowire.Type) []byte {
	return protowire.AppendTag(nil, fd.Number(), t)
}
