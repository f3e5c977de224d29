package html

import (
	"fmt"
	"strings"
	"time"

	"rtbench/report"
	"rtbench/report/result"
)

// reproduceView is section 7 for one result: everything needed to reproduce it.
type reproduceView struct {
	Name, Command string
	Guessed       bool // Command was reconstructed
	Scenarios     []result.Scenario
	Facts         []fact
	Cells         []string
	Warnings      []string
	Notes         []string
	Thresholds    []string
}

type fact struct{ Name, Value string }

func reproduceViews(results []result.Named) []reproduceView {
	var out []reproduceView
	names := resultNames(results)
	for i, n := range results {
		r := n.Result
		v := reproduceView{
			Command: command(r), Guessed: len(r.Tool.Command) == 0, Scenarios: r.Scenarios, Facts: facts(r), Cells: phases(r),
			Warnings: report.Objections(r), Notes: report.Notes(r), Thresholds: thresholds(r),
		}
		if len(results) > 1 {
			v.Name = names[i]
		}
		out = append(out, v)
	}
	return out
}

// command returns the recorded command line, or one reconstructed from the result.
func command(r *result.Result) string {
	if typed := r.Tool.Command; len(typed) > 0 {
		words := make([]string, len(typed))
		for i, w := range typed {
			words[i] = quoted(w)
		}
		return strings.Join(words, " ")
	}
	parts := []string{"rtbench", "run"}
	for _, s := range r.Scenarios {
		if builtIn := strings.HasSuffix(s.File, "(built in)"); builtIn || s.File == "" {
			parts = append(parts, s.Name)
			continue
		}
		parts = append(parts, quoted(s.File))
	}
	for _, c := range r.Cells {
		if c.Config.Target != "" && c.Config.API != result.CustomAPI { // otherwise the scenario has the address
			return strings.Join(append(parts, "--target", quoted(c.Config.Target)), " ")
		}
	}
	return strings.Join(parts, " ")
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
	list := []fact{
		{"Tool", strings.TrimSpace(r.Tool.Name + " " + r.Tool.Version)},
		{"Go", report.OrUnknown(r.Tool.Go)},
		{"Started", r.Started.Format(time.RFC3339)},
		{"Duration", r.Elapsed.Round(time.Second / 10).String()},
		{"System", fmt.Sprintf("%s/%s, kernel %s", e.OS, e.Arch, report.OrUnknown(e.Kernel))},
		{"Processor", report.OrUnknown(e.CPU)},
		{"Cores", fmt.Sprintf("%d (GOMAXPROCS %d)", e.Cores, e.GOMAXPROCS)},
		{"Memory", result.Bytes(float64(e.MemoryBytes))},
		{"Open file limit", grouped(float64(e.FileLimit))},
		{"Hosts", report.Hosts(r)},
		{"Pacing", report.OrUnknown(e.Pacing)},
		{"Format", fmt.Sprintf("result version %d", r.Version)},
	}
	if text := report.ServerMetricsSource(r); text != "" {
		list = append(list, fact{"Server metrics", text})
	}
	if text := report.Insecure(r); text != "" {
		list = append([]fact{{"Certificate", text}}, list...)
	}
	return list
}

// phases lists the configured phases of each kind of cell.
func phases(r *result.Result) []string {
	var out []string
	for _, c := range r.Cells {
		if n := len(c.Repetitions); n > 0 {
			out = append(out, fmt.Sprintf("%s, %s: warm-up %v, steady %v, drain at most %v, %s",
				c.Config.Scenario, c.Config.Pattern, c.Config.Warmup, c.Config.Steady, c.Config.Drain, plural(n, "repetition")))
		}
	}
	return report.Unique(out)
}

// thresholds returns the summary of the thresholds and a line for each.
func thresholds(r *result.Result) []string {
	head, lines := report.Thresholds(r)
	if head == "" {
		return nil
	}
	return append([]string{head}, lines...)
}
