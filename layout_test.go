package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The tests in this file keep the layout and the language of the code: folders group files,
// identifiers use the glossary of CONTRIBUTING.md, and comments are plain English.

// generated matches the first lines of a generated file.
var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// goFiles returns the files of this module that people write, with forward slashes.
func goFiles(t *testing.T) []string {
	var files []string
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "." && (strings.HasPrefix(entry.Name(), ".") || isModule(path)):
			return fs.SkipDir
		case filepath.Ext(path) != ".go":
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil && !generated.Match(text) {
			files = append(files, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// isModule reports whether a folder is a module of its own.
func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

var (
	testSuffix = regexp.MustCompile(`(_(linux|windows|darwin|unix|other|amd64|arm64))*(_test)?\.go$`)
	firstWord  = regexp.MustCompile(`^[a-z]+[0-9]*`)
)

// TestNoPrefixGroupsFiles fails if the names of four or more files of a folder start with the same
// four letters. A test and a file for one operating system count with the file they belong to.
func TestNoPrefixGroupsFiles(t *testing.T) {
	folders := map[string][]string{}
	for _, file := range goFiles(t) {
		dir, base := filepath.Split(file)
		if stem := testSuffix.ReplaceAllString(base, ""); !slices.Contains(folders[dir], stem) {
			folders[dir] = append(folders[dir], stem)
		}
	}
	for dir, stems := range folders {
		for _, group := range prefixGroups(stems) {
			t.Errorf("%s: %s share a prefix; use a folder or better names", filepath.Join(".", dir), strings.Join(group, ", "))
		}
	}
}

// prefixGroups returns the groups of four or more stems that share the first four letters and
// digits, or a shorter first word.
func prefixGroups(stems []string) [][]string {
	slices.Sort(stems)
	var groups [][]string
	for i := 0; i < len(stems); {
		prefix := firstWord.FindString(stems[i])
		if len(prefix) > 4 {
			prefix = prefix[:4]
		}
		end := i
		for end < len(stems) && len(prefix) > 1 && strings.HasPrefix(stems[end], prefix) {
			end++
		}
		if end-i >= 4 {
			groups = append(groups, stems[i:end])
		}
		i = max(end, i+1)
	}
	return groups
}

func TestPrefixGroups(t *testing.T) {
	for _, c := range []struct {
		stems []string
		want  int
	}{
		{[]string{"own", "ownerrors", "ownflags", "owntls"}, 1},
		{[]string{"websocket", "websocketdial", "websocketframe", "webster"}, 1},
		{[]string{"websocket", "websocketdial", "websocketframe", "websocketpush"}, 1},
		{[]string{"conn", "connfault", "connlimit"}, 0},
		{[]string{"stats", "status", "stream", "string"}, 0},
		{[]string{"io_a", "io_b", "io_c", "io_d"}, 1},
		{[]string{"http2frame", "http2hpack", "http2flow", "http2conn"}, 1},
		{[]string{"a", "ab", "ac", "ad"}, 0},
	} {
		if got := len(prefixGroups(c.stems)); got != c.want {
			t.Errorf("%v: %d groups, want %d", c.stems, got, c.want)
		}
	}
}

// ambiguous matches the word own in an identifier in camel case.
var ambiguous = regexp.MustCompile(`^(own|Own)([A-Z0-9_]|$)|[a-z0-9_]Own([A-Z0-9_]|$)`)

// TestIdentifiersNameTheServer fails if an identifier contains the word own, which does not say
// whose: the user's server is the target, rtbench's the reference server.
func TestIdentifiersNameTheServer(t *testing.T) {
	fset := token.NewFileSet()
	for _, file := range goFiles(t) {
		f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && ambiguous.MatchString(id.Name) {
				t.Errorf("%s: %s: use target or reference instead of own", fset.Position(id.Pos()), id.Name)
			}
			return true
		})
	}
}

// vague lists words that comments rarely need, and how often they may occur per 1,000 words.
// Comments of well-known Go projects use "if", "when" and "because" instead.
var vague = map[string]float64{"what": 3, "where": 3}

var word = regexp.MustCompile(`[A-Za-z]+`)

// TestCommentsAreDirect counts vague words in the comments of all packages.
func TestCommentsAreDirect(t *testing.T) {
	total, count := 0, map[string]int{}
	fset := token.NewFileSet()
	for _, file := range goFiles(t) {
		f, err := parser.ParseFile(fset, file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range f.Comments {
			for _, w := range word.FindAllString(group.Text(), -1) {
				total++
				if w = strings.ToLower(w); vague[w] > 0 {
					count[w]++
				}
			}
		}
	}
	for w, limit := range vague {
		if share := 1000 * float64(count[w]) / float64(total); share > limit {
			t.Errorf("comments use %q %.1f times per 1,000 words, more than %g", w, share, limit)
		}
	}
}
