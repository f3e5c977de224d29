package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/report"
	"rtbench/report/claims"
	"rtbench/report/html"
	"rtbench/report/result"
)

func guideCommand() *cobra.Command {
	var g guideRun
	c := &cobra.Command{
		Use:   "guide [EVIDENCE]",
		Short: "Test the 24 claims of the guide's comparison table, or show what was found",
		Long: `Gathers evidence for the guide's comparison table of WebSockets, SSE and gRPC
streaming, and says of each of its 24 cells whether it is confirmed, refuted,
inconclusive, or not testable here: by probes of what is on the wire, by a real browser
(Chromium), and by measurements. It takes under five minutes and leaves a directory with
a file for each probe and a result directory for each suite of measurements. With such
a directory it only shows what is there.

Exit codes: 0 good, whatever the verdicts · 1 failed · 2 usage · 105 interrupted (what
was gathered is kept: go on with --resume)`,
		Example: `  rtbench guide
  rtbench guide --cell performance/grpc      one cell
  rtbench guide --cell performance           a row
  rtbench guide results/20261126-120000-guide
  rtbench guide --resume results/20261126-120000-guide`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("expected at most one directory of evidence, found %d arguments (see `%s --help`)", len(args), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return g.run(cmd.Context(), args) },
	}
	c.Flags().StringSliceVar(&g.cells, "cell", nil, "only these `CELLS`, such as performance/grpc, or performance for the row")
	c.Flags().StringVarP(&g.out, "out", "o", "", "directory for the evidence (default results/TIME-guide)")
	c.Flags().StringVar(&g.resume, "resume", "", "go on with the `EVIDENCE` of a run that was interrupted, or lacked a browser")
	c.Flags().StringVar(&g.browser, "browser", "", "executable of Chromium or Chrome (default: looked for on the PATH)")
	c.Flags().StringVar(&g.format, "format", report.GuideFormats[0].Name, "what to print: "+guideFormats())
	g.view.flags(c)
	return c
}

// guideRun is the flags.
type guideRun struct {
	cells                        []string
	view                         viewing
	out, resume, browser, format string
}

func guideFormats() string {
	var names []string
	for _, f := range report.GuideFormats {
		names = append(names, f.Name+" ("+f.About+")")
	}
	return strings.Join(names, ", ")
}

func (g guideRun) run(ctx context.Context, args []string) error {
	at := slices.IndexFunc(report.GuideFormats, func(f report.GuideFormat) bool { return f.Name == g.format })
	if at < 0 {
		return usage("--format %s: expected one of %s", g.format, guideFormats())
	}
	cells, err := chooseCells(g.cells)
	if err != nil {
		return err
	}
	if len(args) == 1 {
		if g.resume != "" || g.out != "" {
			return usage("a directory of evidence is only shown; expected none with --out or --resume")
		}
		return show(args[0], cells, report.GuideFormats[at])
	}
	dir, err := g.gather(ctx, cells)
	if err != nil {
		return err
	}
	e, err := result.ReadEvidence(dir)
	if err != nil {
		return err
	}
	list := claims.Judge(e, cells)
	if err := report.GuideFormats[at].Write(os.Stdout, list, e); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Evidence: %s\n", dir)
	if ctx.Err() != nil {
		return coded(exitInterrupted, "interrupted: go on with rtbench guide --resume %s", dir)
	}
	// What stays is of all cells, whichever were asked for: others may have been before.
	all := claims.Judge(e, claims.Cells)
	if err := storeVerdicts(dir, all, e); err != nil {
		return err
	}
	if err := leaveReport(dir, func(w io.Writer) error { return html.WriteGuide(w, e, all) }); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Report: %s\n", filepath.Join(dir, html.FileName))
	return nil
}

// show prints what evidence that is there comes to.
func show(dir string, cells []*claims.Cell, format report.GuideFormat) error {
	e, err := result.ReadEvidence(dir)
	if err != nil {
		return err
	}
	if e.Empty() {
		return fmt.Errorf("%s: there is no evidence here (expected a directory that `rtbench guide` made)", dir)
	}
	return format.Write(os.Stdout, claims.Judge(e, cells), e)
}

// storeVerdicts leaves the claims beside their evidence.
func storeVerdicts(dir string, list []claims.Claim, e *result.Evidence) error {
	f, err := os.Create(filepath.Join(dir, result.VerdictsName))
	if err != nil {
		return err
	}
	if err := report.GuideJSON(f, list, e); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// chooseCells returns the cells named, a row by its feature; all where none is named.
func chooseCells(names []string) ([]*claims.Cell, error) {
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
			return nil, usage("--cell %s: expected a row or a cell of the guide's table, one of %s", name, strings.Join(claims.CellIDs(), ", "))
		}
	}
	return cells, nil
}

// gather gathers what the cells need, and returns where it lies.
func (g guideRun) gather(ctx context.Context, cells []*claims.Cell) (dir string, err error) {
	own, err := ownServer("")
	if err != nil {
		return "", err
	}
	if dir, err = g.directory(); err != nil {
		return "", err
	}
	live := g.view.liveWith(report.LiveOptions{OnlyTrouble: true}) // of several hundred
	defer live.Clear()
	started := time.Now()
	return dir, loadgen.Gathering{
		Dir: dir, Names: claims.Evidence(cells), Server: own, Browser: g.browser,
		Step: func(i, of int, name string) {
			live.Title(fmt.Sprintf("%d of %d, %.0f s: %s", i, of, time.Since(started).Seconds(), name))
		},
		Watch: func(s loadgen.Status) { live.Show(status(s)) },
	}.Gather(ctx)
}

// directory is that of the evidence: the one to go on with, or a new one.
func (g guideRun) directory() (string, error) {
	switch {
	case g.resume != "" && g.out != "":
		return "", usage("--resume with --out: expected one of them")
	case g.resume != "":
		_, err := result.ReadEvidence(g.resume)
		return g.resume, err
	case g.out == "":
		g.out = filepath.Join("results", time.Now().Format("20060102-150405")+"-guide")
	}
	if e, err := result.ReadEvidence(g.out); err == nil && !e.Empty() {
		return "", usage("%s holds evidence already; go on with it by --resume %s, or choose another directory with --out", g.out, g.out)
	}
	if err := os.MkdirAll(g.out, 0o755); err != nil {
		return "", fmt.Errorf("directory for the evidence: %w", err)
	}
	return g.out, nil
}
