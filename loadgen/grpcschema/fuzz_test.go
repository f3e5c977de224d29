package grpcschema_test

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"google.golang.org/protobuf/types/dynamicpb"
)

// expected returns the value of a path as decoded by the library.
func expected(d *dynamicpb.Message, path string) string {
	var m protoreflect.Message = d
	parts := strings.Split(path, ".")
	if path == "wrapped_string" {
		parts = append(parts, "value")
	}
	for _, part := range parts[:len(parts)-1] {
		name, index, isList := strings.Cut(strings.TrimSuffix(part, "]"), "[")
		fd := m.Descriptor().Fields().ByName(protoreflect.Name(name))
		switch {
		case fd.IsMap():
			v := m.Get(fd).Map().Get(protoreflect.ValueOfString(parts[len(parts)-1]).MapKey())
			if !v.IsValid() {
				return absent
			}
			return v.String()
		case isList:
			if list := m.Get(fd).List(); list.Len() == 0 || index != "0" {
				return absent
			}
			m = m.Get(fd).List().Get(0).Message()
		default:
			if !m.Has(fd) {
				return absent
			}
			m = m.Get(fd).Message()
		}
	}
	name, index, isList := strings.Cut(strings.TrimSuffix(parts[len(parts)-1], "]"), "[")
	fd := m.Descriptor().Fields().ByName(protoreflect.Name(name))
	switch {
	case isList:
		list := m.Get(fd).List()
		var i int
		_, _ = fmt.Sscan(index, &i)
		if i >= list.Len() {
			return absent
		}
		return list.Get(i).String()
	case fd.HasPresence() && !m.Has(fd):
		return absent
	case fd.Enum() != nil:
		if value := fd.Enum().Values().ByNumber(m.Get(fd).Enum()); value != nil {
			return string(value.Name())
		}
		return fmt.Sprint(m.Get(fd).Enum())
	}
	return m.Get(fd).String()
}
