package licenses

import (
	"bytes"
	"compress/gzip"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite licenses.txt.gz")

// systems lists the operating systems for which the program is built. Each adds modules.
var systems = []string{"linux", "darwin", "windows"}

// TestLicensesAreComplete compares the embedded texts with those in the module cache, for all modules
// that the program is built from.
func TestLicensesAreComplete(t *testing.T) {
	t.Parallel()
	want := collect(t)
	if *update {
		var b bytes.Buffer
		w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(want); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("licenses.txt.gz", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		compressed = b.Bytes()
	}
	var got bytes.Buffer
	if _, err := WriteTo(&got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("licenses.txt.gz is outdated; run with -update")
	}
}

// collect returns each license text once, below the modules that it is from.
func collect(t *testing.T) []byte {
	texts := map[string][]string{} // text -> sources
	add := func(source, text string) {
		text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
		if !slices.Contains(texts[text], source) {
			texts[text] = append(texts[text], source)
		}
	}
	covered := map[string]bool{}
	for _, p := range packages(t) {
		files := p.licenseFiles(t)
		covered[p.module] = covered[p.module] || len(files) > 0
		for _, file := range files {
			name, err := filepath.Rel(p.root, file)
			if err != nil {
				t.Fatal(err)
			}
			add(p.module+" "+filepath.ToSlash(name), read(t, file))
		}
		covered[p.module] = covered[p.module] || false
	}
	for module, ok := range covered {
		if !ok {
			t.Errorf("%s: no license file found", module)
		}
	}
	goroot := strings.TrimSpace(run(t, nil, "env", "GOROOT"))
	for _, name := range []string{"LICENSE", "PATENTS"} {
		add("Go's standard library "+name, read(t, filepath.Join(goroot, name)))
	}
	add("uPlot LICENSE", read(t, "../../report/html/uplot/LICENSE"))

	var blocks []string
	for _, text := range slices.Collect(maps.Keys(texts)) {
		slices.Sort(texts[text])
		blocks = append(blocks, strings.Join(texts[text], "\n")+"\n\n"+text+"\n")
	}
	slices.Sort(blocks)
	separator := "\n" + strings.Repeat("-", 80) + "\n"
	return []byte("Third-party code in rtbench: modules with their versions and files, and the texts of these files.\n" +
		separator + strings.Join(blocks, separator))
}

// A goPackage is a package of another module in the program.
type goPackage struct{ module, root, dir string }

// packages lists the packages of other modules in the program, for all systems.
func packages(t *testing.T) []goPackage {
	found := map[goPackage]bool{}
	for _, system := range systems {
		format := `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{"\t"}}{{.Dir}}{{"\t"}}{{$.Dir}}{{end}}{{end}}`
		for line := range strings.Lines(run(t, []string{"GOOS=" + system, "CGO_ENABLED=0"}, "list", "-deps", "-f", format, "rtbench")) {
			f := strings.Split(strings.TrimSpace(line), "\t")
			if len(f) != 3 {
				continue // the standard library or this module
			}
			found[goPackage{f[0], f[1], f[2]}] = true
		}
	}
	if len(found) == 0 {
		t.Fatal("no packages of other modules")
	}
	return slices.Collect(maps.Keys(found))
}

var licenseName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|copyright)([-_.].*)?$`)

// licenseFiles returns the license files in the directories from the package to the root of its module.
func (p goPackage) licenseFiles(t *testing.T) (files []string) {
	for dir := p.dir; ; dir = filepath.Dir(dir) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !e.IsDir() && licenseName.MatchString(e.Name()) && filepath.Ext(e.Name()) != ".go" {
				files = append(files, filepath.Join(dir, e.Name()))
			}
		}
		if dir == p.root || len(dir) <= len(p.root) {
			return files
		}
	}
}

func read(t *testing.T, file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// run runs the go command with additions to the environment and returns its output.
func run(t *testing.T, environment []string, args ...string) string {
	c := exec.Command("go", args...)
	c.Env = append(os.Environ(), environment...)
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}
