package grpcschema

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"google.golang.org/grpc"
	v1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	v1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// patchedConn corrects reflection responses. Node's (@grpc/reflection with protobufjs) omit
// imports of google.protobuf and name map entries after their fields, both of which
// descriptor.proto forbids.
type patchedConn struct{ grpc.ClientConnInterface }

func (c patchedConn) NewStream(ctx context.Context, desc *grpc.StreamDesc, name string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	st, err := c.ClientConnInterface.NewStream(ctx, desc, name, opts...)
	if err != nil {
		return nil, err
	}
	return patchedStream{st}, nil
}

type patchedStream struct{ grpc.ClientStream }

func (s patchedStream) RecvMsg(m any) error {
	if err := s.ClientStream.RecvMsg(m); err != nil {
		return err
	}
	switch m := m.(type) {
	case *v1.ServerReflectionResponse:
		addImports(m.GetFileDescriptorResponse().GetFileDescriptorProto())
	case *v1alpha.ServerReflectionResponse: //nolint:staticcheck // deprecated, and all that many servers have
		addImports(m.GetFileDescriptorResponse().GetFileDescriptorProto()) //nolint:staticcheck // deprecated, and all that many servers have
	}
	return nil
}

// addImports adds missing imports of google.protobuf to files. Unreadable files are left for
// the caller to report.
func addImports(files [][]byte) {
	for i, b := range files {
		var f descriptorpb.FileDescriptorProto
		if proto.Unmarshal(b, &f) != nil {
			continue
		}
		changed := renameMapEntries(f.GetMessageType())
		need := func(name string) {
			path := wellKnownFile(name)
			if path != "" && path != f.GetName() && !slices.Contains(f.GetDependency(), path) {
				f.Dependency = append(f.Dependency, path)
				changed = true
			}
		}
		forEachType(f.GetMessageType(), f.GetExtension(), need)
		for _, s := range f.GetService() {
			for _, m := range s.GetMethod() {
				need(m.GetInputType())
				need(m.GetOutputType())
			}
		}
		if !changed {
			continue
		}
		if completed, err := proto.Marshal(&f); err == nil {
			files[i] = completed
		}
	}
}

// renameMapEntries renames map entries to their required names and reports whether it changed
// any.
func renameMapEntries(messages []*descriptorpb.DescriptorProto) (changed bool) {
	for _, m := range messages {
		changed = renameMapEntries(m.GetNestedType()) || changed
		for _, entry := range m.GetNestedType() {
			if !entry.GetOptions().GetMapEntry() {
				continue
			}
			for _, field := range m.GetField() {
				scope, name := cutLast(field.GetTypeName())
				right := entryName(field.GetName())
				if name == entry.GetName() && name != right {
					field.TypeName, entry.Name = proto.String(scope+right), proto.String(right)
					changed = true
					break
				}
			}
		}
	}
	return changed
}

// cutLast splits off the last part of a name.
func cutLast(name string) (scope, last string) {
	i := strings.LastIndexByte(name, '.') + 1
	return name[:i], name[i:]
}

// entryName returns the required name of a map field's entry type: SomeMapEntry for some_map
// (descriptor.proto, MessageOptions.map_entry).
func entryName(field string) string {
	var b strings.Builder
	upper := true
	for _, c := range field {
		switch {
		case c == '_':
			upper = true
			continue
		case upper:
			c = unicode.ToUpper(c)
		}
		upper = false
		b.WriteRune(c)
	}
	return b.String() + "Entry"
}

// forEachType calls tell with the type name of every field.
func forEachType(messages []*descriptorpb.DescriptorProto, fields []*descriptorpb.FieldDescriptorProto, tell func(name string)) {
	for _, m := range messages {
		forEachType(m.GetNestedType(), m.GetExtension(), tell)
		forEachType(nil, m.GetField(), tell)
	}
	for _, f := range fields {
		tell(f.GetTypeName())
	}
}

// wellKnownFile returns the file of a google.protobuf type, "" for other types. A leading dot
// is optional.
func wellKnownFile(name string) string {
	d, err := wellKnownFiles{}.FindDescriptorByName(protoreflect.FullName(strings.TrimPrefix(name, ".")))
	if err != nil {
		return ""
	}
	return d.ParentFile().Path()
}
