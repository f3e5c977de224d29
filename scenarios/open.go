package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rtbench/scenarios/spec"
)

//go:embed *.yaml
var builtin embed.FS

// Names returns the names of the built-in scenarios in alphabetical order.
func Names() []string { return namesIn(builtin, ".") }

// namesIn returns the names of the YAML files in a directory, without their ending and sorted.
func namesIn(files embed.FS, dir string) (names []string) {
	entries, _ := files.ReadDir(dir)
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// Builtin returns the text of a built-in scenario and whether it exists.
func Builtin(name string) ([]byte, bool) {
	b, err := builtin.ReadFile(name + ".yaml")
	return b, err == nil
}

// Open reads a built-in scenario by name, or else a file by path, with the files it includes. The
// error is Problems if the content is invalid, and otherwise the reason why there is none.
func Open(nameOrPath string) (*Scenario, error) { return OpenWith(nameOrPath, Options{}) }

// OpenWith is Open with options.
func OpenWith(nameOrPath string, o Options) (*Scenario, error) {
	o.Read = readRegular
	if b, ok := Builtin(nameOrPath); ok {
		return ParseWith(nameOrPath+".yaml (built in)", b, o)
	}
	b, err := readRegular(nameOrPath)
	_, isPreset := Preset(nameOrPath)
	switch {
	case errors.Is(err, fs.ErrNotExist) && isPreset:
		return nil, fmt.Errorf("%s is a preset; expected a scenario with `include: %[1]s` and a target, as `rtbench scenario show %[1]s` explains", nameOrPath)
	case errors.Is(err, errNoFile):
		return nil, Problems{{File: nameOrPath, Message: "not a regular file; expected a scenario in YAML"}}
	case errors.Is(err, fs.ErrNotExist) && isPath(nameOrPath):
		return nil, fmt.Errorf("%s: no such file; expected a scenario in YAML, or the name of a built-in one (see `rtbench scenario list`)%s", spec.Shorten(nameOrPath), nearestFile(nameOrPath))
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("no scenario %s; expected a file or a built-in scenario: %s%s",
			spec.Quote(nameOrPath), strings.Join(Names(), ", "), spec.Nearest(nameOrPath, Names()...))
	case err != nil:
		return nil, err
	}
	return ParseWith(nameOrPath, b, o)
}

// isPath reports whether a text is the path of a file rather than the name of a scenario.
func isPath(s string) bool {
	return strings.ContainsRune(s, filepath.Separator) || strings.ContainsRune(s, '/') || isYAML(s)
}

func isYAML(path string) bool { return slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(path)) }

// nearestFile suggests the YAML file beside path whose name is closest.
func nearestFile(path string) string {
	dir := filepath.Dir(path)
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if isYAML(e.Name()) {
			names = append(names, e.Name())
		}
	}
	if near := spec.NearestWord(filepath.Base(path), names...); near != "" {
		return "; did you mean " + filepath.Join(dir, near) + "?"
	}
	return ""
}

// errNoFile is the error for directories, pipes and devices.
var errNoFile = errors.New("not a regular file")

// readRegular reads at most one byte more than the size limit, so that Parse can detect larger
// files.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path) // before opening: a named pipe would block
	if err != nil {
		return nil, fmt.Errorf("opening a scenario: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, errNoFile
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening a scenario: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, spec.MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading a scenario: %w", err)
	}
	return b, nil
}
