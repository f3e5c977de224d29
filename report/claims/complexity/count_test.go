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
)

// stacks lists what is counted: the files of each example and its packages, in examples, and the
// generated code that it imports, in proto.
var stacks = []struct {
	protocol, name string
	packages       []string
	push, echo     []string
	generated      string
}{
	{
		"websocket", "gobwas/ws with wsutil",
		[]string{"gobwas"},
		[]string{"gobwas/push.go"},
		[]string{"gobwas/echo.go"},
		"",
	},
	{
		"websocket", "coder/websocket",
		[]string{"coder"},
		[]string{"coder/push.go"},
		[]string{"coder/echo.go"},
		"",
	},
	{
		"sse", "fasthttp, client net/http",
		[]string{"fasthttp", "eventsource"},
		[]string{"fasthttp/push.go", "eventsource/stream.go", "eventsource/push.go"},
		[]string{"fasthttp/echo.go", "eventsource/stream.go", "eventsource/echo.go"},
		"",
	},
	{
		"sse", "net/http",
		[]string{"nethttp", "eventsource"},
		[]string{"nethttp/push.go", "eventsource/stream.go", "eventsource/push.go"},
		[]string{"nethttp/echo.go", "eventsource/stream.go", "eventsource/echo.go"},
		"",
	},
	{
		"grpc", "grpc-go",
		[]string{"grpcgo"},
		[]string{"grpcgo/push.go"},
		[]string{"grpcgo/echo.go"},
		"streamingpb",
	},
}

// examples is the folder of the examples in the tree.
const examples = "report/claims/complexity/examples"

// countAll returns the counts of all stacks in the tree at root. They do not depend on the operating
// system.
func countAll(root string) ([]Counts, error) {
	all := make([]Counts, len(stacks))
	for i, s := range stacks {
		c := Counts{Protocol: s.protocol, Stack: s.name}
		folder := filepath.Join(root, filepath.FromSlash(examples))
		var err error
		if c.PushStatements, err = count(folder, s.push); err != nil {
			return nil, err
		}
		if c.EchoStatements, err = count(folder, s.echo); err != nil {
			return nil, err
		}
		if s.generated != "" {
			if c.GeneratedStatements, err = countGenerated(filepath.Join(root, "proto", s.generated)); err != nil {
				return nil, err
			}
		}
		if c.Modules, c.Packages, err = dependencies(root, s.packages); err != nil {
			return nil, err
		}
		all[i] = c
	}
	return all, nil
}

// count returns the number of statements in files of a folder.
func count(folder string, files []string) (n int, err error) {
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(file)))
		if err != nil {
			return 0, err
		}
		in, err := statements(file, text)
		if err != nil {
			return 0, err
		}
		n += in
	}
	return n, nil
}

// countGenerated returns the number of statements in the generated code of a package. It is an error if
// there is none.
func countGenerated(folder string) (int, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.pb.go"))
	if err == nil && len(paths) == 0 {
		err = errors.New("no generated code in " + folder)
	}
	if err != nil {
		return 0, err
	}
	for i, path := range paths {
		paths[i] = filepath.Base(path)
	}
	return count(folder, paths)
}

func statements(name string, text []byte) (n int, err error) {
	f, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		return 0, err
	}
	ast.Inspect(f, func(node ast.Node) bool {
		switch node.(type) {
		case *ast.BlockStmt, *ast.EmptyStmt: // not counted
		case ast.Stmt:
			n++
		}
		return true
	})
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

// dependencies returns the modules and the number of packages that examples need, other than rtbench and
// the standard library.
func dependencies(root string, packages []string) (modules []string, n int, err error) {
	args := []string{"list", "-deps", "-json=Standard,Module"}
	for _, name := range packages {
		args = append(args, "./"+examples+"/"+name)
	}
	c := exec.Command("go", args...)
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
			return slices.Sorted(maps.Keys(set)), n, nil
		} else if err != nil {
			return nil, 0, fmt.Errorf("go list: %w", err)
		}
		if p.Standard || p.Module == nil || p.Module.Main {
			continue
		}
		n++
		set[p.Module.Path] = true
	}
}
