package count

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestStatementsAreCounted(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"nothing":              {"", 0},
		"a comment":            {"// x := 1", 0},
		"one":                  {"x := 1", 1},
		"an if and its body":   {"if true { return }", 2},
		"both branches":        {"if true { return } else { return }", 3},
		"else if":              {"if true { return } else if false { return }", 4},
		"a for clause":         {"for i := 0; i < 2; i++ { continue }", 4},
		"a switch":             {"switch x := 1; x { case 1: return; default: }", 5},
		"a select":             {"select { case <-c: return }", 4},
		"a block alone":        {"{ { x() } }", 1},
		"a function literal":   {"f := func() { return }", 2},
		"a declaration":        {"var x int", 1},
		"empty statements":     {";;", 0},
		"a label":              {"again: goto again", 2},
		"one on several lines": {"f(1,\n2,\n3)", 1},
	} {
		got, err := parse("x.go", []byte("package x\nvar atPackageLevel = 1\nfunc f() {"+c.body+"\n}"))
		if err != nil || got.statements != c.want {
			t.Errorf("%s: %d statements, %v; want %d", name, got.statements, err, c.want)
		}
	}
}

func TestImports(t *testing.T) {
	s, err := parse("x.go", []byte("package x\nimport (\n\"net/http\"\nother \"example.com/m/p\"\n_ \"rtbench/proto\"\n`rtbench`\n)"))
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.DeleteFunc(s.imports, inNoModule); !slices.Equal(got, []string{"example.com/m/p"}) {
		t.Errorf("imports of modules = %q", got)
	}
	if _, err := parse("x.go", []byte("no Go")); err == nil {
		t.Error("parse of invalid Go returned no error")
	}
}

func TestMissingFiles(t *testing.T) {
	root := t.TempDir()
	if all, err := All(root); err == nil {
		t.Errorf("All of an empty tree = %+v, want an error", all)
	}
	if n, err := lines(filepath.Join(root, "*.pb.go")); err == nil {
		t.Errorf("lines without a match = %d, want an error", n)
	}
	if modules, n, err := dependencies(root, nil); modules != nil || n != 0 || err != nil {
		t.Errorf("no imports: %v, %d, %v", modules, n, err)
	}
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module m\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if modules, _, err := dependencies(root, []string{"example.invalid/m"}); err == nil {
		t.Errorf("unknown import: %v, want an error", modules)
	}
}
