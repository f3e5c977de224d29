package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

//go:embed *.yaml
var builtin embed.FS

// Names lists the built-in scenarios.
func Names() []string {
	entries, _ := builtin.ReadDir(".")
	var names []string
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".yaml"); name != reference {
			names = append(names, name)
		}
	}
	return names
}

const reference = "reference"

// Reference returns a scenario in which every key stands with its meaning.
func Reference() []byte {
	b, _ := Builtin(reference)
	return b
}

// Builtin returns the text of a built-in scenario.
func Builtin(name string) ([]byte, bool) {
	b, err := builtin.ReadFile(name + ".yaml")
	return b, err == nil
}

// Open reads the built-in scenario of that name, or else the file.
func Open(nameOrPath string) (*Scenario, error) {
	if b, ok := Builtin(nameOrPath); ok {
		return Parse(nameOrPath+".yaml (built in)", b)
	}
	f, err := os.Open(nameOrPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no scenario %q: neither a file nor one of the built-in %s%s", nameOrPath, strings.Join(Names(), ", "), nearest(nameOrPath, Names()))
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, Problems{{File: nameOrPath, Message: "this is not a file; expected a scenario in YAML"}}
	}
	// One byte more than allowed, so that Parse sees that it is too long.
	b := make([]byte, min(info.Size(), maxFile+1))
	n, err := f.Read(b)
	if err != nil && n == 0 && len(b) > 0 {
		return nil, err
	}
	return Parse(nameOrPath, b[:n])
}
