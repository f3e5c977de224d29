// Generate writes counts.go of package complexity. Run it with go generate.
package main

import (
	"fmt"
	"os"

	"rtbench/report/claims/complexity/internal/count"
)

func main() {
	if err := generate("../../..", "counts.go"); err != nil {
		fmt.Fprintln(os.Stderr, "complexity:", err)
		os.Exit(1)
	}
}

func generate(root, path string) error {
	all, err := count.All(root)
	if err != nil {
		return err
	}
	text, err := count.Source(all)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
