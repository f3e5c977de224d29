package count

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
)

// A listed is what the go command says of one package.
type listed struct {
	Standard bool
	Module   *struct {
		Path string
		Main bool
	}
}

// dependencies asks the go command in the tree at root which packages the imports need,
// themselves among them, and of which modules those are.
func dependencies(root string, imports []string) (modules []string, packages int, err error) {
	if len(imports) == 0 {
		return nil, 0, nil // the go command would take the package at root
	}
	c := exec.Command("go", append([]string{"list", "-deps", "-json=Standard,Module"}, imports...)...)
	c.Dir = root
	// The packages differ between systems, and must not between who counts.
	c.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		return nil, 0, fmt.Errorf("go list: %w: %s", err, said.Bytes())
	}
	set := map[string]bool{}
	for d := json.NewDecoder(&out); ; {
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
