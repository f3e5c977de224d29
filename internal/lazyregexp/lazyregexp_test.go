package lazyregexp

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestFirstUseCompiles(t *testing.T) {
	r := New(`b(c+)`)
	if r.String() != "b(c+)" || !r.MatchString("abcc") || r.FindStringSubmatch("abcc")[1] != "cc" {
		t.Error("no match")
	}
}

// TestPatternsCompile compiles every pattern of this module that is a literal.
func TestPatternsCompile(t *testing.T) {
	found := 0
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.Contains(path, "testdata") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := patternOf(n); ok {
				found++
				if _, err := regexp.Compile(text); err != nil {
					t.Errorf("%s: %v", path, err)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || found < 80 {
		t.Errorf("found %d patterns, %v", found, err)
	}
}

// patternOf returns the literal pattern of a call of lazyregexp.New or spec.Pattern.
func patternOf(n ast.Node) (string, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return "", false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return "", false
	}
	in, _ := f.X.(*ast.Ident)
	if in == nil || in.Name+"."+f.Sel.Name != "lazyregexp.New" && in.Name+"."+f.Sel.Name != "spec.Pattern" {
		return "", false
	}
	last, ok := call.Args[len(call.Args)-1].(*ast.BasicLit)
	if !ok {
		return "", false
	}
	text, err := strconv.Unquote(last.Value)
	return text, err == nil
}
