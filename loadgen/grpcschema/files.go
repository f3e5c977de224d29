package grpcschema

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"rtbench/internal/lazyregexp"
)

// mostErrors is the maximum number of errors reported for .proto files.
const mostErrors = 10

// FromFiles finds the method full, pkg.Service/Method, in .proto files and descriptor sets. Imports are
// resolved in importDirs, in the directory of each .proto file and in the sets; google/protobuf/*.proto
// are built in. Errors in .proto files are reported as file:line:column, one per line, up to 10. The
// error for an unknown service or method lists the existing ones.
func FromFiles(ctx context.Context, files, importDirs []string, full string) (*Method, error) {
	service, name, err := splitMethod(full)
	if err != nil {
		return nil, err
	}
	all, err := load(ctx, files, importDirs)
	if err != nil {
		return nil, err
	}
	if d, err := all.FindDescriptorByName(protoreflect.FullName(service)); err == nil {
		if s, ok := d.(protoreflect.ServiceDescriptor); ok {
			return newMethod(s, name)
		}
	}
	return nil, fmt.Errorf("no service %s in %s; expected one of %s", service, strings.Join(files, ", "), listNames(service, servicesOf(all)))
}

// load reads .proto files and descriptor sets, with all that they import.
func load(ctx context.Context, files, importDirs []string) (*protoregistry.Files, error) {
	if len(files) == 0 {
		return nil, errors.New("no .proto files or descriptor sets; expected at least one")
	}
	sources, all, err := readSets(files)
	if err != nil || len(sources) == 0 {
		return all, err
	}
	names, dirs, err := locate(sources, importDirs)
	if err != nil {
		return nil, err
	}
	linked, err := compileFiles(ctx, names, dirs, all)
	if err != nil {
		return nil, err
	}
	for _, file := range linked {
		registerFile(all, file)
	}
	return all, nil
}

func servicesOf(files *protoregistry.Files) []string {
	var names []string
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			names = append(names, string(file.Services().Get(i).FullName()))
		}
		return true
	})
	return sorted(names)
}

// locate returns the import paths of the files, relative to one of dirs.
func locate(files, importDirs []string) (names, dirs []string, err error) {
	dirs = append(dirs, importDirs...)
	for _, dir := range importDirs {
		if info, err := os.Stat(dir); err != nil {
			return nil, nil, fmt.Errorf("import directory: %w", err)
		} else if !info.IsDir() {
			return nil, nil, fmt.Errorf("import directory: %s is a file; expected a directory", dir)
		}
	}
	for _, file := range files {
		name, dir, err := within(file, importDirs)
		if err != nil {
			return nil, nil, err
		}
		if dir != "" {
			dirs = append(dirs, dir)
		}
		names = append(names, name)
	}
	for i, name := range names {
		if other := firstOf(name, dirs); other != "" && hidden(files[i], other) {
			return nil, nil, fmt.Errorf("%s and %s are both imported as %s; set `import:` to a directory above both", other, files[i], name)
		}
	}
	return names, dirs, nil
}

// firstOf returns the first existing file with the name in dirs.
func firstOf(name string, dirs []string) string {
	for _, dir := range dirs {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// hidden reports whether file exists and differs from other.
func hidden(file, other string) bool {
	a, err1 := os.Stat(file)
	b, err2 := os.Stat(other)
	return err1 == nil && err2 == nil && !os.SameFile(a, b)
}

// within returns a file's path relative to the import directory that contains it. Otherwise it
// returns the file's base name and its directory, to be added to the import directories.
func within(file string, importDirs []string) (name, dir string, err error) {
	if _, err := os.Stat(file); err != nil {
		return "", "", fmt.Errorf(".proto file: %w", err)
	}
	for _, d := range importDirs {
		if rel, ok := relative(d, file); ok {
			return rel, "", nil
		}
	}
	return filepath.Base(file), filepath.Dir(file), nil
}

// relative returns the path of file relative to dir if it is inside.
func relative(dir, file string) (string, bool) {
	d, err1 := filepath.Abs(dir)
	f, err2 := filepath.Abs(file)
	if err1 != nil || err2 != nil {
		return "", false
	}
	rel, err := filepath.Rel(d, f)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// errEnough stops a compilation after mostErrors errors.
var errEnough = errors.New("too many errors")

// compileFiles compiles files, which may import those of descriptor sets. Its error joins all errors
// found.
func compileFiles(ctx context.Context, names, dirs []string, sets *protoregistry.Files) (linker.Files, error) {
	var found []error
	keep := func(e reporter.ErrorWithPos) error {
		if len(found) == mostErrors {
			return errEnough
		}
		found = append(found, explain(e))
		return nil
	}
	compiled := protocompile.ResolverFunc(func(path string) (protocompile.SearchResult, error) {
		file, err := sets.FindFileByPath(path)
		return protocompile.SearchResult{Desc: file}, err
	})
	compiler := protocompile.Compiler{
		Resolver: protocompile.WithStandardImports(protocompile.CompositeResolver{&protocompile.SourceResolver{ImportPaths: dirs}, compiled}),
		Reporter: reporter.NewReporter(keep, nil),
	}
	linked, err := compiler.Compile(ctx, names...)
	switch {
	case len(found) > 0:
		return nil, errors.Join(found...)
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf(".proto files: %w; add the directory of its imports to `import:` (--import)", err)
	case err != nil:
		return nil, fmt.Errorf(".proto files: %w", err)
	}
	return linked, nil
}

// unknownEdition matches the library's error for an edition that it does not support.
var unknownEdition = lazyregexp.New(`edition value "([^"]*)" not recognized`)

// explain returns an error of the compiler. It names the way to use an edition that the compiler does
// not know.
func explain(e reporter.ErrorWithPos) error {
	m := unknownEdition.FindStringSubmatch(e.Error())
	if m == nil {
		return e
	}
	return fmt.Errorf("%v: edition %s is not supported in .proto files; expected edition 2023, proto3 or proto2, or a descriptor set instead of the file, such as that of `buf build -o api.binpb`", e.GetPosition(), m[1])
}
