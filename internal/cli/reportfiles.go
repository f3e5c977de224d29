package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"rtbench/report"
	"rtbench/report/regression"
	"rtbench/scenarios/spec"

	"github.com/spf13/cobra"
)

// reportFiles are the values of --report: files that get the comparison in further formats.
type reportFiles struct {
	values []string // FORMAT=FILE
	files  []reportFile
}

type reportFile struct {
	format report.ComparisonFormat
	path   string
}

func (r *reportFiles) register(c *cobra.Command) {
	c.Flags().StringArrayVar(&r.values, "report", nil, "write the comparison to a file as well, `FORMAT=FILE`, such as junit=gate.xml; may be repeated")
}

func (r *reportFiles) check() error {
	for _, value := range r.values {
		name, path, _ := strings.Cut(value, "=")
		if path == "" {
			return usageError("--report %s: expected FORMAT=FILE, such as junit=gate.xml", value)
		}
		format := formatFlag[regression.Comparison]{formats: report.ComparisonFormats}
		i := slices.Index(format.names(), name)
		if i < 0 {
			return usageError("--report %s: expected one of %s before =%s", value, strings.Join(format.names(), ", "), spec.Nearest(name, format.names()...))
		}
		r.files = append(r.files, reportFile{report.ComparisonFormats[i], path})
	}
	return nil
}

// write writes c to each file.
func (r *reportFiles) write(c regression.Comparison) error {
	var failed error
	for _, f := range r.files {
		failed = errors.Join(failed, writeFile(f.path, func(w io.Writer) error { return f.format.Write(w, c) }))
	}
	return failed
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	return errors.Join(write(f), f.Close())
}
