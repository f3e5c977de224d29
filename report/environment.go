package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rtbench/report/result"
)

func (p *printer) environment(r *result.Result) {
	e := r.Environment
	parts := append(describeMachine(e), r.Tool.Go, Hosts(r))
	p.printf("\nMeasured %s in %v on %s\n", r.Started.Format("2006-01-02 15:04 MST"), r.Elapsed.Round(time.Second), strings.Join(parts, ", "))
	p.printf("Pacing: %s\n", OrUnknown(e.Pacing))
	if f := ServerMetricsSource(r); f != "" {
		p.printf("%s%s\n", strings.ToUpper(f[:1]), f[1:])
	}
}

func describeMachine(e result.Environment) []string {
	return []string{
		e.OS + "/" + e.Arch, "kernel " + OrUnknown(e.Kernel), OrUnknown(e.CPU), result.Plural(e.Cores, "core"),
		fmt.Sprintf("%.0f GB", float64(e.MemoryBytes)/1e9),
	}
}

// Hosts names the hosts of client and server.
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
