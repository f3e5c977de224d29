package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rtbench/loadgen/guide"
	"rtbench/report"
	"rtbench/report/claims"
	"rtbench/report/html"
	"rtbench/report/live"
	"rtbench/report/result"
)

func guideCommand() *cobra.Command {
	g := evidenceFlags{format: formatFlag[report.Guide]{formats: report.GuideFormats}}
	c := &cobra.Command{
		Use:   "guide [EVIDENCE]",
		Short: "Test the 24 claims of a public guide to real-time APIs",
		Long: `A public guide to real-time APIs compares WebSockets, SSE and gRPC streaming in a table
of 24 cells. This command tests each cell by probes of the bytes on the wire, a real
browser (Chromium) and measurements. A cell is confirmed, refuted, inconclusive or not
testable here, or it depends, for example on the load. It takes about six minutes and
writes a directory of evidence: a file per probe and a result per suite. With --profile
release it measures the whole grid, which takes about two hours. Given a directory of
evidence it only prints the verdicts.
Formats:

` + g.format.about() + `
Exit codes: 0 success, with any verdict · 1 failed · 2 usage · 105 interrupted (continue
with --resume)`,
		Example: `  rtbench guide
  rtbench guide --cell performance/grpc      one cell
  rtbench guide --cell performance           a row
  rtbench guide results/20261126-120000-guide
  rtbench guide --resume results/20261126-120000-guide`,
		Args: optionalArg("one evidence directory"),
		RunE: func(cmd *cobra.Command, args []string) error { return g.run(cmd.Context(), args) },
	}
	c.Flags().StringSliceVar(&g.cells, "cell", nil, "test only these `CELLS`, such as performance/grpc, or performance for the row")
	c.Flags().StringVarP(&g.out, "out", "o", "", "write the evidence to `DIR` (default results/TIME-guide)")
	c.Flags().StringVar(&g.resume, "resume", "", "continue `EVIDENCE` of a run that was interrupted or lacked a browser; what it has is not measured again")
	c.Flags().StringVar(&g.profile, "profile", "", "`PROFILE` release measures the whole grid: all topologies, stacks and encodings, for longer")
	complete(c, "profile", completeWords("release"))
	c.Flags().StringVar(&g.browser, "browser", "", "`PATH` of Chromium or Chrome (default: found in $PATH)")
	g.format.register(c)
	g.format.registerWhy(c)
	g.view.register(c)
	refuseAgents(c)
	return c
}

// evidenceFlags are the flags of guide.
type evidenceFlags struct {
	cells                []string
	view                 viewFlags
	out, resume, browser string
	profile              string
	format               formatFlag[report.Guide]
}

func (g evidenceFlags) run(ctx context.Context, args []string) error {
	format, err := g.format.chosen()
	if err != nil {
		return err
	}
	if g.profile != "" && g.profile != "release" {
		return usageError("--profile %s: expected release", g.profile)
	}
	cells, err := selectCells(g.cells)
	if err != nil {
		return err
	}
	if len(args) == 1 {
		if g.resume != "" || g.out != "" || g.profile != "" {
			return usageError("--out, --resume or --profile with an evidence directory: expected one of them")
		}
		return showEvidence(args[0], cells, format)
	}
	server, err := referenceServer("")
	if err != nil {
		return err
	}
	dir, release, err := g.directory()
	if err != nil {
		return err
	}
	defer release()
	e, storeErr, err := g.gather(ctx, cells, server, dir)
	if err != nil {
		return err
	}
	list := claims.Judge(e, cells)
	if err := format.Write(os.Stdout, report.Guide{Claims: list, Evidence: e}); err != nil {
		return err
	}
	if storeErr != nil {
		at, err := writeElsewhere("evidence", dir, storeErr, e.Write)
		if at == "" {
			err = fmt.Errorf("%w; free some space and continue with rtbench guide --resume %s", err, dir)
		}
		return err
	}
	fmt.Fprintf(os.Stderr, "Evidence: %s (all of it: rtbench guide %s --why)\n", dir, dir)
	if ctx.Err() != nil {
		return exitError(exitInterrupted, "interrupted; continue with rtbench guide --resume %s", dir)
	}
	// Store the verdicts of all cells: earlier runs may have tested others than --cell selects.
	if err := storeVerdicts(dir, claims.Judge(e, claims.Cells), e); err != nil {
		return fmt.Errorf("the evidence is in %s, but its verdicts could not be stored: %w; `rtbench guide %s` prints them", dir, err, dir)
	}
	fmt.Fprintf(os.Stderr, "Report: %s\n", filepath.Join(dir, html.FileName))
	return nil
}

// selectCells returns the cells with the given names; a feature selects its row, no names all.
func selectCells(names []string) ([]*claims.Cell, error) {
	if len(names) == 0 {
		return claims.Cells, nil
	}
	var cells []*claims.Cell
	for _, name := range names {
		found := false
		for _, c := range claims.Cells {
			if c.ID() == name || c.Feature == name {
				found = true
				if !slices.Contains(cells, c) {
					cells = append(cells, c)
				}
			}
		}
		if !found {
			return nil, usageError("--cell %s: expected a row or cell of the guide's table, one of %s", name, strings.Join(claims.CellIDs(), ", "))
		}
	}
	return cells, nil
}

// gather collects the evidence for the cells in dir.
func (g evidenceFlags) gather(ctx context.Context, cells []*claims.Cell, server []string, dir string) (e *result.Evidence, storeErr, err error) {
	watch, err := g.view.watch(live.Options{OnlyTrouble: true}) // hundreds of repetitions
	if err != nil {
		return nil, nil, err
	}
	defer watch.close()
	started := time.Now()
	return guide.Gatherer{
		Dir: dir, Names: claims.Evidence(cells), Server: server, Browser: g.browser, Whole: g.profile == "release",
		Step: func(i, of int, name string) {
			watch.Title(fmt.Sprintf("%d of %d, %.0f s: %s", i, of, time.Since(started).Seconds(), name))
		},
		Watch: watch.Show,
	}.Gather(ctx)
}

// refuseAgents makes --agents an error that says why: many would expect it.
func refuseAgents(c *cobra.Command) {
	c.Flags().Func("agents", "", func(string) error {
		return errors.New("none: the claims rest on bytes on the wire, a browser, and servers that guide starts on this machine; for one load on several machines see `rtbench run --agents`")
	})
	_ = c.Flags().MarkHidden("agents") // there is such a flag
}
