package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

//go:embed *.yaml
var builtin embed.FS

// manualName is the one embedded scenario that is documentation, not a built-in.
const manualName = "reference"

// Names lists the built-in scenarios, in alphabetical order.
func Names() []string {
	entries, _ := builtin.ReadDir(".")
	var names []string
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".yaml"); name != manualName {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Reference returns a scenario in which every key stands with its meaning.
func Reference() []byte {
	b, _ := builtin.ReadFile(manualName + ".yaml")
	return b
}

// Builtin returns the text of a built-in scenario, and whether there is one of
// that name.
func Builtin(name string) ([]byte, bool) {
	if name == manualName {
		return nil, false
	}
	b, err := builtin.ReadFile(name + ".yaml")
	return b, err == nil
}

// Open reads the built-in scenario of that name, or else the file of that path, and the
// files that it includes. The error is Problems when the content is at fault, and
// otherwise says why there is none to read.
func Open(nameOrPath string) (*Scenario, error) { return OpenWith(nameOrPath, Options{}) }

// OpenWith is Open with more than the file.
func OpenWith(nameOrPath string, o Options) (*Scenario, error) {
	o.Read = readRegular
	if b, ok := Builtin(nameOrPath); ok {
		return ParseWith(nameOrPath+".yaml (built in)", b, o)
	}
	b, err := readRegular(nameOrPath)
	switch {
	case errors.Is(err, errNoFile):
		return nil, Problems{{File: nameOrPath, Message: "this is not a file; expected a scenario in YAML"}}
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("no scenario %s: it is neither a file nor one of the built-in %s%s",
			quote(nameOrPath), strings.Join(Names(), ", "), nearest(nameOrPath, Names()))
	case err != nil:
		return nil, err
	}
	return ParseWith(nameOrPath, b, o)
}

// errNoFile is of a directory, a pipe, a device.
var errNoFile = errors.New("this is not a file")

// readRegular reads one byte more of a file than a scenario may have, so that Parse sees
// that it is too long.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path) // before opening: a named pipe would wait for a writer
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
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading a scenario: %w", err)
	}
	return b, nil
}
