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
