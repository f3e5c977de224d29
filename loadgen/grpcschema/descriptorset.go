package grpcschema

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// maxSet bounds descriptor sets, in bytes.
const maxSet = 64 << 20

// readSets links the descriptor sets (google.protobuf.FileDescriptorSet) among files, and returns the
// others, which are .proto files.
func readSets(files []string) (sources []string, linked *protoregistry.Files, err error) {
	b := setBuilder{protos: map[string]*descriptorpb.FileDescriptorProto{}, from: map[string]string{}, linked: new(protoregistry.Files)}
	for _, file := range files {
		if filepath.Ext(file) == ".proto" {
			sources = append(sources, file)
			continue
		}
		data, err := readSet(file)
		if err != nil {
			return nil, nil, err
		}
		if data == nil {
			sources = append(sources, file)
		} else if err := b.add(file, data); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range b.order {
		if err := b.link(name, nil); err != nil {
			return nil, nil, err
		}
	}
	return sources, b.linked, nil
}

// readSet reads a descriptor set; nil if the file is text.
func readSet(file string) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, fmt.Errorf(".proto file or descriptor set: %w", err)
	case info.Size() > maxSet:
		return nil, fmt.Errorf("%s has %d bytes; expected at most %d", file, info.Size(), maxSet)
	case info.IsDir():
		return nil, fmt.Errorf("%s is a directory; expected a .proto file or a descriptor set", file)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	// A set starts with the tag of its first file.
	if len(data) > 0 && data[0] != setTag && utf8.Valid(data) && !bytes.ContainsRune(data, 0) {
		return nil, nil
	}
	if data == nil {
		data = []byte{}
	}
	return data, nil
}

// setTag is the tag of field file of a FileDescriptorSet. As text it is a line feed.
const setTag = 0x0a

// A setBuilder links the files of descriptor sets.
type setBuilder struct {
	protos map[string]*descriptorpb.FileDescriptorProto
	from   map[string]string // the set that has a file
	order  []string
	linked *protoregistry.Files
}

// add decodes a set.
func (b *setBuilder) add(file string, data []byte) error {
	set := new(descriptorpb.FileDescriptorSet)
	if err := proto.Unmarshal(data, set); err != nil || len(set.GetFile()) == 0 {
		return fmt.Errorf("%s: found neither a .proto file nor a descriptor set; expected the output of `buf build -o %s` or `protoc --include_imports -o %[2]s`, without compression", file, filepath.Base(file))
	}
	for _, f := range set.GetFile() {
		name := f.GetName()
		other, known := b.protos[name]
		if known && !proto.Equal(other, f) {
			return fmt.Errorf("%s and %s have different versions of %s; expected one", b.from[name], file, name)
		}
		if !known {
			b.protos[name], b.from[name] = f, file
			b.order = append(b.order, name)
		}
	}
	return nil
}

// link links a file of a set after its imports. importers are the files that import it.
func (b *setBuilder) link(name string, importers []string) error {
	if _, err := b.linked.FindFileByPath(name); err == nil {
		return nil
	}
	f := b.protos[name]
	if f == nil {
		return b.builtIn(name, importers[len(importers)-1])
	}
	for _, other := range importers {
		if other == name {
			return fmt.Errorf("%s: %s imports itself", b.from[name], name)
		}
	}
	for _, imported := range f.GetDependency() {
		if err := b.link(imported, append(importers, name)); err != nil {
			return err
		}
	}
	file, err := protodesc.NewFile(f, b.linked)
	if err == nil {
		err = b.linked.RegisterFile(file)
	}
	if err != nil {
		return fmt.Errorf("%s: %s: %w", b.from[name], name, err)
	}
	return nil
}

// builtIn links one of google/protobuf/*.proto, which sets often lack.
func (b *setBuilder) builtIn(name, importer string) error {
	file, err := wellKnownFiles{}.FindFileByPath(name)
	if err != nil {
		return fmt.Errorf("%s: %s imports %s, which the set lacks; expected a set with all imports, as `buf build -o` and `protoc --include_imports -o` write", b.from[importer], importer, name)
	}
	registerFile(b.linked, file)
	return nil
}
