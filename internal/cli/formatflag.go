package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/report"
	"rtbench/scenarios/spec"
)

// A formatFlag is the flag --format: one of the formats of a command, the first by default.
type formatFlag[T any] struct {
	formats []report.FormatOf[T]
	name    string
	why     bool // stands for the format with all details
}

// register adds the flag.
func (f *formatFlag[T]) register(c *cobra.Command) {
	names := f.names()
	c.Flags().StringVarP(&f.name, "format", "f", names[0], "output `FORMAT`: "+strings.Join(names, ", "))
	complete(c, "format", completeWords(names...))
}

// registerWhy adds --why, short for the format with all details.
func (f *formatFlag[T]) registerWhy(c *cobra.Command) {
	c.Flags().BoolVar(&f.why, "why", false, "print all tables, intervals and reasons; short for --format "+report.DetailsName)
}

// about describes the formats, one per line.
func (f *formatFlag[T]) about() string {
	var b strings.Builder
	for _, format := range f.formats {
		fmt.Fprintf(&b, "  %-8s %s\n", format.Name, format.About)
	}
	return b.String()
}

func (f *formatFlag[T]) names() (names []string) {
	for _, format := range f.formats {
		names = append(names, format.Name)
	}
	return names
}

// chosen returns the format that the user chose.
func (f *formatFlag[T]) chosen() (report.FormatOf[T], error) {
	if f.why {
		if f.name != f.names()[0] && f.name != report.DetailsName {
			return report.FormatOf[T]{}, usageError("--why with --format %s: expected one of them", f.name)
		}
		f.name = report.DetailsName
	}
	i := slices.Index(f.names(), f.name)
	if i < 0 {
		return report.FormatOf[T]{}, usageError("--format %s: expected one of %s%s", f.name, strings.Join(f.names(), ", "), spec.Nearest(f.name, f.names()...))
	}
	return f.formats[i], nil
}
