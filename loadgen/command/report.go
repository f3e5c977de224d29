package command

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/report"
	"rtbench/report/result"
)

func reportCommand() *cobra.Command {
	var format string
	var schema bool
	names := make([]string, len(report.Formats))
	about := ""
	for i, f := range report.Formats {
		names[i] = f.Name
		about += fmt.Sprintf("  %-8s %s\n", f.Name, f.About)
	}
	c := &cobra.Command{
		Use:   "report RESULT",
		Short: "Render a stored result again",
		Long:  "Renders a stored result from its file alone. Formats:\n\n" + about,
		Example: `  rtbench report results/20260102-150405-guide
  rtbench report results/mine --format csv > mine.csv`,
		Args: func(cmd *cobra.Command, args []string) error {
			if schema {
				return exactly(0, "no arguments with --schema")(cmd, args)
			}
			return exactly(1, "one result directory")(cmd, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if schema {
				_, err := os.Stdout.Write(result.Schema())
				return err
			}
			for _, f := range report.Formats {
				if f.Name == format {
					res, err := result.Read(args[0])
					if err != nil {
						return err
					}
					return f.Write(os.Stdout, res)
				}
			}
			return usage("--format %s: expected one of %s", format, strings.Join(names, ", "))
		},
	}
	c.Flags().StringVarP(&format, "format", "f", names[0], strings.Join(names, ", "))
	c.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of result.json instead")
	return c
}
