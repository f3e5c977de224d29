package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// trouble is what the ledger and the streams of a cell have to say, empty for
// nothing.
func trouble(c *result.Cell) string {
	var sum result.Counters
	broken := map[string]uint64{}
	for _, r := range c.Repetitions {
		n := r.Counters
		sum.Lost += n.Lost
		sum.Duplicates += n.Duplicates
		sum.OutOfOrder += n.OutOfOrder
		sum.Corrupt += n.Corrupt
		sum.Dropped += n.Dropped
		sum.Clamped += n.Clamped
		for class, k := range n.Errors {
			broken[class] += k
		}
	}
	var parts []string
	for _, e := range []struct {
		n    uint64
		what string
	}{
		{sum.Lost, "lost"},
		{sum.Duplicates, "duplicate"},
		{sum.OutOfOrder, "out of order"},
		{sum.Corrupt, "corrupt"},
		{sum.Dropped, "dropped by full queues"},
		{sum.Clamped, "outside the histogram"},
	} {
		if e.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", e.n, e.what))
		}
	}
	classes := make([]string, 0, len(broken))
	for class, n := range broken {
		classes = append(classes, fmt.Sprintf("%d × %s", n, class))
	}
	slices.Sort(classes)
	if parts = append(parts, classes...); len(parts) == 0 {
		return ""
	}
	return c.Config.Protocol + ": " + strings.Join(parts, ", ")
}

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

// thresholds names those that do not hold, and counts the others.
func (p *printer) thresholds(r *result.Result) {
	held := 0
	var broken []string
	for _, c := range r.Cells {
		for _, rep := range c.Repetitions {
			for _, o := range rep.Thresholds {
				if o.Holds {
					held++
					continue
				}
				line := fmt.Sprintf("%s, repetition %d: %s", c.ID, rep.Index+1, o.Text)
				for _, more := range []string{o.Where, o.Error} {
					if more != "" {
						line += ": " + more
					}
				}
				broken = append(broken, line)
			}
		}
	}
	switch {
	case len(broken) > 0:
		p.printf("\nThresholds that do not hold (%d of %d)\n", len(broken), held+len(broken))
		for _, b := range broken {
			p.printf("  %s\n", b)
		}
	case held > 0:
		p.printf("\nThresholds: all %d hold\n", held)
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
	parts := append(machine(e), r.Tool.Go, where(r))
	p.printf("\nMeasured %s in %v on %s\n", r.Started.Format("2006-01-02 15:04 MST"), r.Elapsed.Round(time.Second), strings.Join(parts, ", "))
	p.printf("Pacing: %s\n", orUnknown(e.Pacing))
}

func machine(e result.Environment) []string {
	return []string{
		e.OS + "/" + e.Arch, "kernel " + orUnknown(e.Kernel), orUnknown(e.CPU), fmt.Sprintf("%d cores", e.Cores),
		fmt.Sprintf("%.0f GB", float64(e.MemoryBytes)/1e9),
	}
}

// where says on what machines the two sides ran.
func where(r *result.Result) string {
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
