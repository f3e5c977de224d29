package complexity

// This file counts. It parses the source and asks the go command for dependencies, so it does not
// link the counted code.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// guideProtocols lists the protocols in the guide's table.
var guideProtocols = []string{"websocket", "sse", "grpc"}

// driverFiles lists the files in loadgen/driver/PROTOCOL that a stream to a reference server runs
// through.
var driverFiles = map[string][]string{
	"websocket": {"websocket.go", "handshake.go"},
	"sse":       {"sse.go", "reference.go", "transport.go", "http1.go", "response.go", "redirect.go", "poster.go", "resume.go"},
	"grpc":      {"reference.go", "client.go", "call.go", "metadata.go", "channel.go", "credentials.go", "stream.go", "pool.go"},
}

// serverFiles lists the files of the reference server that serve one protocol alone.
var serverFiles = map[string][]string{
	"websocket": {"websocket.go"},
	"sse":       {"sse.go", "answer.go", "hijackableconn.go"}, // fasthttp's connections, taken over for events
	"grpc":      {"grpc.go"},
}

// ours is the prefix of import paths in rtbench.
const ours = "rtbench/"

// generated is the package of generated protobuf code.
const generated = ours + "proto/benchpb"

// countAll returns the counts of each of guideProtocols in the tree at root. They do not depend on the
// operating system.
func countAll(root string) ([]Counts, error) {
	var all []Counts
	for _, name := range guideProtocols {
		c, err := protocol(root, name)
		if err != nil {
			return nil, fmt.Errorf("counting %s: %w", name, err)
		}
		all = append(all, c)
	}
	return all, nil
}

func protocol(root, name string) (Counts, error) {
	c := Counts{Protocol: name}
	driver, err := readAll(filepath.Join(root, "loadgen", "driver", name), driverFiles[name])
	if err != nil {
		return c, err
	}
	server, err := readAll(filepath.Join(root, "server"), serverFiles[name])
	if err != nil {
		return c, err
	}
	c.DriverStatements, c.ServerStatements = driver.statements, server.statements
	imports := slices.Concat(driver.imports, server.imports)
	slices.Sort(imports)
	if slices.Contains(imports, generated) {
		if c.GeneratedLines, err = lines(filepath.Join(root, "proto", "benchpb", "*.pb.go")); err != nil {
			return c, err
		}
	}
	c.Modules, c.Packages, err = dependencies(root, slices.DeleteFunc(slices.Compact(imports), inNoModule))
	return c, err
}

// inNoModule reports whether an import is in rtbench or in the standard library, whose paths do not
// begin with a domain.
func inNoModule(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.HasPrefix(path, ours) || !strings.Contains(first, ".")
}

// A source holds the counts of one Go file.
type source struct {
	statements int
	imports    []string
}

// readAll returns the sum of files in a folder.
func readAll(folder string, files []string) (all source, err error) {
	for _, file := range files {
		path := filepath.Join(folder, file)
		text, err := os.ReadFile(path)
		if err != nil {
			return all, err
		}
		one, err := parse(path, text)
		if err != nil {
			return all, err
		}
		all.statements += one.statements
		all.imports = append(all.imports, one.imports...)
	}
	return all, nil
}

func parse(path string, text []byte) (source, error) {
	f, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
	if err != nil {
		return source{}, err
	}
	var s source
	for _, spec := range f.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return s, err
		}
		s.imports = append(s.imports, imported)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.BlockStmt, *ast.EmptyStmt: // not counted
		case ast.Stmt:
			s.statements++
		}
		return true
	})
	return s, nil
}

// lines returns the number of lines in all files that match the pattern. It is an error if none
// does.
func lines(pattern string) (int, error) {
	paths, err := filepath.Glob(pattern)
	if err == nil && len(paths) == 0 {
		err = errors.New("no file matches " + pattern)
	}
	if err != nil {
		return 0, err
	}
	n := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return 0, err
		}
		n += bytes.Count(text, []byte("\n"))
	}
	return n, nil
}

// A listed is the output of go list for one package.
type listed struct {
	Standard bool
	Module   *struct {
		Path string
		Main bool
	}
}

// dependencies returns the modules and the number of packages that the imports need, including the
// imports.
func dependencies(root string, imports []string) (modules []string, packages int, err error) {
	if len(imports) == 0 {
		return nil, 0, nil // go list would otherwise list the package at root
	}
	c := exec.Command("go", append([]string{"list", "-deps", "-json=Standard,Module"}, imports...)...)
	c.Dir = root
	// Dependencies differ between operating systems; the counts must not.
	c.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		return nil, 0, fmt.Errorf("go list: %w: %s", err, stderr.Bytes())
	}
	set := map[string]bool{}
	for d := json.NewDecoder(&stdout); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return slices.Sorted(maps.Keys(set)), packages, nil
		} else if err != nil {
			return nil, 0, fmt.Errorf("go list: %w", err)
		}
		if p.Standard || p.Module == nil || p.Module.Main {
			continue
		}
		packages++
		set[p.Module.Path] = true
	}
}
