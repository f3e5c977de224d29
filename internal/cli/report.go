package cli

import (
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"rtbench/report"
	"rtbench/report/claims"
	"rtbench/report/html"
	"rtbench/report/result"
)

func reportCommand() *cobra.Command {
	var schema bool
	format := formatFlag[*result.Result]{formats: append(slices.Clip(report.Formats), report.Format{
		Name: formatHTML, About: "one file with charts and tables for a browser; of one or several results, or of guide evidence",
	})}
	c := &cobra.Command{
		Use:   "report RESULT…",
		Short: "Print a stored result in one of several formats",
		Long:  "Prints a stored result. Formats:\n\n" + format.about(),
		Example: `  rtbench report results/latest
  rtbench report results/20260102-150405-guide --why
  rtbench report results/mine --format csv > mine.csv
  rtbench report results/old results/new --format html > both.html`,
		Args: func(cmd *cobra.Command, args []string) error {
			if schema {
				return exactArgs(0, "no arguments with --schema")(cmd, args)
			}
			switch {
			case format.name == formatHTML && len(args) > 0:
				return nil
			case len(args) > 1:
				return usageError("--format %s shows one result, found %d; expected --format html, which shows several side by side, or `rtbench compare BASE NEW`", format.name, len(args))
			}
			return exactArgs(1, "one result directory")(cmd, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if schema {
				_, err := os.Stdout.Write(result.Schema())
				return err
			}
			f, err := format.chosen()
			if err != nil {
				return err
			}
			if f.Name == formatHTML {
				return reportHTML(os.Stdout, args)
			}
			res, err := result.Read(args[0])
			if err != nil {
				return err
			}
			return f.Write(os.Stdout, res)
		},
	}
	format.register(c)
	format.registerWhy(c)
	c.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of result.json")
	return c
}

// formatHTML takes several results. It is not in report.Formats, as package html imports report.
const formatHTML = "html"

// reportHTML writes the HTML report of results, or of one evidence directory.
func reportHTML(w io.Writer, dirs []string) error {
	if len(dirs) == 1 {
		if _, err := os.Stat(filepath.Join(dirs[0], result.VerdictsName)); err == nil {
			e, err := result.ReadEvidence(dirs[0])
			if err != nil {
				return err
			}
			return html.WriteGuide(w, e, claims.Judge(e, claims.Cells))
		}
	}
	results := make([]result.Named, len(dirs))
	for i, dir := range dirs {
		r, err := result.Read(dir)
		if err != nil {
			return err
		}
		results[i] = result.Named{Dir: dir, Result: r}
	}
	return html.Write(w, results, nil)
}
