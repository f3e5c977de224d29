package grpcschema

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"rtbench/proto"
)

// Methods returns all methods of the services in .proto files and descriptor sets, sorted by name. The
// arguments are those of FromFiles.
func Methods(ctx context.Context, files, importDirs []string) (list []*Method, err error) {
	all, err := load(ctx, files, importDirs)
	if err != nil {
		return nil, err
	}
	all.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			s := file.Services().Get(i)
			for j := range s.Methods().Len() {
				var m *Method
				if m, err = newMethod(s, string(s.Methods().Get(j).Name())); err != nil {
					return false
				}
				list = append(list, m)
			}
		}
		return true
	})
	slices.SortFunc(list, func(a, b *Method) int { return strings.Compare(a.String(), b.String()) })
	return list, err
}

// String returns pkg.Service/Method.
func (m *Method) String() string { return m.Service + "/" + m.Name }

// Pattern returns the traffic pattern that fits the method, and the kind of method in words.
func (m *Method) Pattern() (pattern, kind string) {
	switch {
	case m.ClientStreams && m.ServerStreams:
		return string(proto.Echo), "bidirectional streaming"
	case m.ServerStreams:
		return string(proto.Push), "server streaming"
	case m.ClientStreams:
		return string(proto.Upload), "client streaming"
	}
	return string(proto.Echo), "unary"
}

// Files returns those of the files in dir that define the method: the one with its service.
func (m *Method) Files(files []string, dir string) []string {
	for _, file := range files {
		if rel, err := filepath.Rel(dir, file); err == nil && filepath.ToSlash(rel) == m.file {
			return []string{file}
		}
	}
	return files
}

// mostFiles bounds the .proto files in a directory.
const mostFiles = 1000

// Below returns the .proto files in a directory and those below it.
func Below(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".proto":
			return nil
		case len(files) == mostFiles:
			return fmt.Errorf("%s: found more than %d .proto files; expected fewer: name the one with the service", dir, mostFiles)
		}
		files = append(files, path)
		return nil
	})
	if err == nil && len(files) == 0 {
		err = errors.New(dir + ": found no .proto files; expected at least one")
	}
	return files, err
}
