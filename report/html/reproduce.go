package html

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"rtbench/report"
	"rtbench/report/result"
)

// reproduceView is section 7 for one result: everything needed to reproduce it.
type reproduceView struct {
	Name, Command string
	Scenarios     []result.Scenario
	Facts         []fact
	Cells         []string
	Notes         []string
	Thresholds    []string
}

type fact struct{ Name, Value string }

func reproduceViews(results []result.Named) []reproduceView {
	var out []reproduceView
	for i, name := range resultNames(results) {
		r := results[i].Result
		out = append(out, reproduceView{
			Name: name, Command: command(r), Scenarios: r.Scenarios, Facts: facts(r), Cells: phases(r),
			Notes: report.Notes(r), Thresholds: report.Thresholds(r),
		})
	}
	return out
}

// command returns the command line, quoted for a shell.
func command(r *result.Result) string {
	words := make([]string, len(r.Tool.Command))
	for i, w := range r.Tool.Command {
		words[i] = quoted(w)
	}
	return strings.Join(words, " ")
}

// quoted quotes a word for a shell.
func quoted(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:") == "" && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func facts(r *result.Result) []fact {
	e := r.Environment
	return []fact{
		{"Tool", strings.TrimSpace(r.Tool.String())},
		{"Go", cmp.Or(r.Tool.Go, "unknown")},
		{"Started", r.Started.Format(time.RFC3339)},
		{"Duration", r.Elapsed.Round(time.Second / 10).String()},
		{"System", fmt.Sprintf("%s/%s, kernel %s", e.OS, e.Arch, cmp.Or(e.Kernel, "unknown"))},
		{"Processor", cmp.Or(e.CPU, "unknown")},
		{"Cores", fmt.Sprintf("%s (GOMAXPROCS %d)", e.DescribeCores(), e.GOMAXPROCS)},
		{"Memory", result.Bytes(float64(e.MemoryBytes))},
		{"Open file limit", result.Grouped(e.FileLimit)},
		{"Hosts", report.Hosts(r)},
		{"Pacing", cmp.Or(e.Pacing, "unknown")},
		{"Format", fmt.Sprintf("result version %d", r.Version)},
	}
}

// phases lists the configured phases of each kind of cell.
func phases(r *result.Result) []string {
	var out []string
	for _, c := range r.Cells {
		if n := len(c.Repetitions); n > 0 {
			out = append(out, fmt.Sprintf("%s, %s: warm-up %v, steady %v, drain at most %v, %s",
				c.Config.Scenario, c.Config.Pattern, c.Config.Warmup, c.Config.Steady, c.Config.Drain, result.Plural(n, "repetition")))
		}
	}
	return result.Unique(out)
}
