// Package report renders stored results: the terminal table and the formats for
// other programs. All it shows comes from the result; it runs nothing.
package report

import (
	"fmt"
	"io"
	"math"
	"sort"
	"strings"
	"time"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// Text writes the report for a terminal: whether the measurement can be trusted,
// the protocols side by side, what went wrong, the guide's performance cells.
func Text(w io.Writer, r *result.Result) error {
	p := &printer{w: w}
	p.validity(r)
	for _, g := range groups(r) {
		p.group(g)
	}
	p.notes(r)
	p.thresholds(r)
	p.claims(claims.Performance(r))
	p.environment(r)
	return p.err
}

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// validity comes first: no figure counts for more than this.
func (p *printer) validity(r *result.Result) {
	total, bad := 0, map[result.Verdict]int{}
	for _, c := range r.Cells {
		for _, rep := range c.Repetitions {
			total++
			bad[rep.Validity.Verdict]++
		}
	}
	p.printf("%s", result.Worst(r))
	if r.Interrupted {
		p.printf(" · interrupted: only what was measured until then")
	}
	p.printf(" · %d of %d repetitions valid", bad[result.Valid], total)
	if n := bad[result.Suspect]; n > 0 {
		p.printf(", %d suspect", n)
	}
	if n := bad[result.Invalid]; n > 0 {
		p.printf(", %d invalid (left out of medians and verdicts)", n)
	}
	p.printf("\n")
	for _, c := range r.Cells {
		p.reasons(c)
	}
}

// reasons prints what speaks against a cell, the figures of like reasons once.
func (p *printer) reasons(c *result.Cell) {
	count, first := map[string]int{}, map[string]string{}
	var order []string
	for _, rep := range c.Repetitions {
		for _, reason := range rep.Validity.Reasons {
			kind := strings.Map(func(r rune) rune {
				if (r >= '0' && r <= '9') || r == '.' || r == 'µ' || r == 'n' || r == 'm' {
					return -1
				}
				return r
			}, reason)
			if count[kind] == 0 {
				order = append(order, kind)
				first[kind] = reason
			}
			count[kind]++
		}
	}
	for _, kind := range order {
		p.printf("  %s, %d of %d repetitions: %s\n", c.ID, count[kind], len(c.Repetitions), first[kind])
	}
}

// A group is the cells of a scenario that differ in nothing but the protocol.
type group struct {
	title string
	cells []*result.Cell
}

func groups(r *result.Result) []*group {
	var out []*group
	byTitle := map[string]*group{}
	for _, c := range r.Cells {
		if len(c.Repetitions) == 0 {
			continue
		}
		t := title(c.Config)
		g := byTitle[t]
		if g == nil {
			g = &group{title: t}
			byTitle[t] = g
			out = append(out, g)
		}
		g.cells = append(g.cells, c)
	}
	return out
}

func title(c result.Config) string {
	load := "closed loop"
	if c.Model == "open" {
		load = fmt.Sprintf("open loop, %s %s", rate(c.Rate), c.Arrivals)
		for _, s := range c.Stages {
			load += fmt.Sprintf(" → %s in %v", rate(s.To), s.Over)
		}
	}
	if c.Think > 0 {
		load += fmt.Sprintf(", think %v", c.Think)
	}
	conns := fmt.Sprintf("%d connections", c.Connections)
	if c.Streams > 1 {
		conns += fmt.Sprintf(" × %d streams", c.Streams)
	}
	secure := ""
	if c.TLS {
		secure = ", TLS"
	}
	return fmt.Sprintf("%s · %s · %s · %s · %d B %s%s", c.Scenario, c.Pattern, load, conns, c.Size, c.Encoding, secure)
}

// A column is a figure of a cell.
type column struct {
	name   string
	value  func(*result.Cell) float64 // NaN where it is not known
	format func(float64) string
}

var columns = []column{
	{"p50", percentile(50), duration},
	{"p90", percentile(90), duration},
	{"p99", percentile(99), duration},
	{"p99.9", percentile(99.9), duration},
	{"max", func(c *result.Cell) float64 { h, _, _ := c.Merged(); return orNaN(float64(h.Max())) }, duration},
	{"msg/s", median((*result.Repetition).Throughput), count},
	{"server CPU/msg", median(func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Server) }), duration},
	{"client CPU/msg", median(func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Client) }), duration},
	{"wire B/msg", median((*result.Repetition).WireBytesPerMessage), count},
}

func (p *printer) group(g *group) {
	what := "response time"
	if g.cells[0].Config.FromServer() {
		what = "delivery time"
	}
	p.printf("\n%s\n%s from when a message was due; repetitions: %d, their histograms merged, other figures the median\n\n",
		g.title, what, len(g.cells[0].Repetitions))
	t := &table{}
	head := []string{"protocol", "verdict"}
	for _, c := range columns {
		head = append(head, c.name)
	}
	t.add(append(head, "p99 of each", "lag p99")...)
	t.rule()
	var floor *result.Cell
	for _, c := range g.cells {
		if c.Config.Protocol == "tcp" {
			floor = c
		}
		t.add(absolute(c)...)
	}
	if floor != nil && len(g.cells) > 1 {
		t.rule()
		for _, c := range g.cells {
			t.add(relative(c, floor)...)
		}
	}
	if p.err == nil {
		p.err = t.write(p.w)
	}
	for _, c := range g.cells {
		p.trouble(c)
	}
}

func absolute(c *result.Cell) []string {
	row := []string{c.Config.Protocol, string(c.Verdict())}
	for _, col := range columns {
		row = append(row, orDash(col.value(c), col.format))
	}
	_, _, lag := c.Merged()
	late := "–"
	if c.Config.Model == "open" && lag.Count() > 0 {
		late = duration(float64(lag.Quantile(99)))
	}
	return append(row, spread(c), late)
}

// relative is a row of ratios to the floor.
func relative(c, floor *result.Cell) []string {
	row := []string{c.Config.Protocol + " / tcp", ""}
	for _, col := range columns {
		row = append(row, orDash(col.value(c)/col.value(floor), func(v float64) string { return fmt.Sprintf("×%.2f", v) }))
	}
	return row
}

// spread is the lowest and the highest p99 of the repetitions.
func spread(c *result.Cell) string {
	vs := c.Values(func(r *result.Repetition) float64 {
		d, ok := r.Response.Percentile(99)
		if !ok {
			return math.NaN()
		}
		return float64(d)
	})
	if len(vs) < 2 {
		return "–"
	}
	sort.Float64s(vs)
	return duration(vs[0]) + "–" + duration(vs[len(vs)-1])
}

func percentile(q float64) func(*result.Cell) float64 {
	return func(c *result.Cell) float64 {
		h, _, _ := c.Merged()
		d, ok := h.Percentile(q)
		if !ok {
			return math.NaN()
		}
		return float64(d)
	}
}

// trouble prints what the ledger and the streams have to say, if anything.
func (p *printer) trouble(c *result.Cell) {
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
	sort.Strings(classes)
	if parts = append(parts, classes...); len(parts) > 0 {
		p.printf("  ! %s: %s\n", c.Config.Protocol, strings.Join(parts, ", "))
	}
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

func (p *printer) thresholds(r *result.Result) {
	first := true
	for _, c := range r.Cells {
		for _, rep := range c.Repetitions {
			for _, o := range rep.Thresholds {
				if o.Holds {
					continue
				}
				if first {
					p.printf("\nThresholds that do not hold\n")
					first = false
				}
				p.printf("  %s, repetition %d: %s %s\n", c.ID, rep.Index+1, o.Text, o.Error)
			}
		}
	}
}

func (p *printer) claims(list []claims.Claim) {
	if len(list) == 0 {
		return
	}
	p.printf("\nThe guide's performance cells: gRPC very high, WebSockets high, SSE medium\n")
	for _, c := range list {
		p.printf("  %-12s %s\n", strings.ToUpper(string(c.Verdict)), c.Statement)
		if c.Measured != "" {
			p.printf("  %-12s measured, best first: %s\n", "", c.Measured)
		}
		for _, e := range c.Evidence {
			p.printf("  %-12s %s\n", "", e)
		}
	}
}

func (p *printer) environment(r *result.Result) {
	e := r.Environment
	p.printf("\nMeasured %s in %v on %s/%s, kernel %s, %s, %d cores, %.0f GB, %s, client and server on this machine\n",
		r.Started.Format("2006-01-02 15:04 MST"), r.Elapsed.Round(time.Second), e.OS, e.Arch, orUnknown(e.Kernel), orUnknown(e.CPU),
		e.Cores, float64(e.MemoryBytes)/1e9, r.Tool.Go)
	p.printf("Pacing: %s\n", e.Pacing)
}
