package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rtbench/report/claims"
	"rtbench/report/result"
)

func (p *printer) notes(r *result.Result) {
	seen := map[string]bool{}
	for _, c := range r.Cells {
		for _, n := range c.Notes {
			if line := fmt.Sprintf("  %s: %s\n", c.Config.Protocol, n); !seen[line] {
				if len(seen) == 0 {
					p.printf("\nWhat cannot be equal\n")
				}
				seen[line] = true
				p.printf("%s", line)
			}
		}
	}
}

// thresholds prints what became of each.
func (p *printer) thresholds(r *result.Result) {
	head, lines := Thresholds(r)
	if head == "" {
		return
	}
	p.printf("\n%s\n", head)
	for _, line := range lines {
		p.printf("  %s\n", line)
	}
}

func (p *printer) claims(list []claims.Claim) {
	if len(list) == 0 {
		return
	}
	const width = len(claims.NotTestable) // the longest verdict
	p.printf("\nThe guide's performance cells: gRPC very high, WebSockets high, SSE medium\n")
	for _, c := range list {
		p.printf("  %-*s %s\n", width, strings.ToUpper(string(c.Verdict)), c.Statement)
		if c.Measured != "" {
			p.printf("  %-*s measured, best first: %s\n", width, "", c.Measured)
		}
		for _, e := range c.Evidence {
			p.printf("  %-*s %s\n", width, "", e)
		}
	}
}

func (p *printer) environment(r *result.Result) {
	e := r.Environment
	parts := append(machine(e), r.Tool.Go, Hosts(r))
	p.printf("\nMeasured %s in %v on %s\n", r.Started.Format("2006-01-02 15:04 MST"), r.Elapsed.Round(time.Second), strings.Join(parts, ", "))
	p.printf("Pacing: %s\n", orUnknown(e.Pacing))
	if f := ServerMetricsSource(r); f != "" {
		p.printf("%s%s\n", strings.ToUpper(f[:1]), f[1:])
	}
}

func machine(e result.Environment) []string {
	return []string{
		e.OS + "/" + e.Arch, "kernel " + orUnknown(e.Kernel), orUnknown(e.CPU), result.Plural(e.Cores, "core"),
		fmt.Sprintf("%.0f GB", float64(e.MemoryBytes)/1e9),
	}
}

// Hosts says on what machines the two sides ran.
func Hosts(r *result.Result) string {
	var targets []string
	for _, c := range r.Cells {
		if t := c.Config.Target; t != "" && !slices.Contains(targets, t) {
			targets = append(targets, t)
		}
	}
	if len(targets) == 0 {
		return "client and server on this machine"
	}
	return "client on this machine, server at " + strings.Join(targets, " and ")
}
