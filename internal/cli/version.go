package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/internal/licenses"
	"rtbench/loadgen"
	"rtbench/proto"
	"rtbench/report/result"
)

// versionLine is the output of --version.
func versionLine() string {
	facts := []string{runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	if c := proto.Commit(); c != "" {
		facts = slices.Insert(facts, 0, "commit "+c)
	}
	return fmt.Sprintf("rtbench %s (%s)", proto.Version(), strings.Join(facts, ", "))
}

func versionCommand() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit, and the libraries that speak the protocols",
		Long: `Prints the version, the commit if the build recorded it, Go, and the version of each
library that speaks a protocol. Every result has the same in its field "tool".
'rtbench --version' prints one line.`,
		Args: exactArgs(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				enc := json.NewEncoder(os.Stdout)
				enc.SetIndent("", "  ")
				return enc.Encode(struct {
					result.Tool
					OS   string `json:"os"`
					Arch string `json:"arch"`
				}{loadgen.Tool(), runtime.GOOS, runtime.GOARCH})
			}
			fmt.Println(versionLine())
			libraries := proto.LibraryVersions()
			delete(libraries, proto.Ours) // the line above has both
			delete(libraries, proto.Std)
			for _, path := range slices.Sorted(maps.Keys(libraries)) {
				fmt.Printf("  %s %s\n", path, libraries[path])
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func licensesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "licenses",
		Short: "Print the licenses of the third-party code in rtbench",
		Args:  exactArgs(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			_, err := licenses.WriteTo(os.Stdout)
			return err
		},
	}
}
