package html

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rtbench/report"
	"rtbench/report/result"
)

// verdictSection is section 1: what was run, whether it can be trusted, what came out.
type verdictSection struct {
	Results   []resultVerdict
	Sentences []sentence
}

type resultVerdict struct {
	Name               string // empty where there is but one
	Verdict            result.Verdict
	Ran, Trust, Notice string
	Insecure           string   // said before all else; empty where certificates were verified
	Reasons, More      []string // the first few, and the others
}

// A sentence says what came out of a group.
type sentence struct{ Anchor, Lead, Text, Ahead string }

// reasonsShown is how many reasons are in sight at once.
const reasonsShown = 3

func verdictOf(results []result.Named, groups []*group) verdictSection {
	var s verdictSection
	names := resultNames(results)
	for i, n := range results {
		v := trust(n.Result)
		if len(results) > 1 {
			v.Name = names[i]
		}
		s.Results = append(s.Results, v)
	}
	for i, g := range groups {
		s.Sentences = append(s.Sentences, g.sentence(i))
	}
	return s
}

func trust(r *result.Result) resultVerdict {
	v := resultVerdict{Verdict: result.Worst(r), Ran: ran(r), Trust: counted(r), Reasons: report.Objections(r), Insecure: report.Insecure(r)}
	switch {
	case r.Unfinished:
		v.Notice = "The run did not end (it was killed, or goes on): here are only its completed repetitions. "
	case r.Interrupted:
		v.Notice = "It was interrupted: here is only what was measured until then. "
	}
	var never []string
	for _, c := range r.Cells {
		if len(c.Repetitions) == 0 {
			never = append(never, c.ID)
		}
	}
	if len(never) > 0 {
		v.Notice += "Never ran: " + and(never) + "."
	}
	if len(v.Reasons) > reasonsShown+1 {
		v.Reasons, v.More = v.Reasons[:reasonsShown], v.Reasons[reasonsShown:]
	}
	return v
}

// ran says what was run, and on what.
func ran(r *result.Result) string {
	var protocols []string
	most := 0
	for _, c := range r.Cells {
		protocols = append(protocols, spoken(c.Config.Protocol))
		most = max(most, len(c.Repetitions))
	}
	e := r.Environment
	figures := report.ServerMetricsSource(r)
	if figures != "" {
		figures = "; " + figures
	}
	return fmt.Sprintf("%s: %s, %s of up to %s, in %v on %s. Machine: %s, %s, %.0f GB, %s/%s, kernel %s; %s%s.",
		scenarioNames(r), and(distinct(protocols)), plural(len(r.Cells), "cell"), plural(most, "repetition"),
		r.Elapsed.Round(time.Second), r.Started.Format("2006-01-02 15:04 MST"),
		orUnknown(e.CPU), plural(e.Cores, "core"), float64(e.MemoryBytes)/1e9, e.OS, e.Arch, orUnknown(e.Kernel), report.Hosts(r), figures)
}

// counted says how many repetitions can be trusted.
func counted(r *result.Result) string {
	total, n := 0, map[result.Verdict]int{}
	for _, c := range r.Cells {
		for _, rep := range c.Repetitions {
			total++
			n[rep.Validity.Verdict]++
		}
	}
	s := fmt.Sprintf("%d of %s valid", n[result.Valid], plural(total, "repetition"))
	if k := n[result.Suspect]; k > 0 {
		s += fmt.Sprintf(", %d suspect", k)
	}
	if k := n[result.Invalid]; k > 0 {
		s += fmt.Sprintf(", %d invalid (left out of figures and comparisons where there are others)", k)
	}
	return s
}

// sentence says what came out of a group: only figures that are known.
func (g *group) sentence(i int) sentence {
	c := g.entries[0].cell.Config
	verb := "answered with"
	again := "with"
	switch {
	case c.Times != "":
		verb, again = "sent", "sent"
	case c.FromServer():
		verb = "delivered with"
	}
	var times, cost []string
	for _, e := range g.floorLast() {
		if t := e.times(); t != "" {
			times = append(times, fmt.Sprintf("%s %s %s", g.named(e), verb, t))
			verb = again
		}
		if cpu := serverCPUMetric.estimate(e.cell); finite(cpu.Median) {
			cost = append(cost, fmt.Sprintf("%s %s", g.named(e), result.Duration(cpu.Median)))
		}
	}
	s := sentence{Anchor: anchor(i), Lead: load(c), Ahead: g.aheadInWords()}
	if s.Text = strings.Join(times, "; ") + "."; len(times) == 0 {
		s.Text = "no time is known: too few messages were measured."
		if !slices.ContainsFunc(g.cells(), func(c *result.Cell) bool { return !c.NeverOpened() }) {
			s.Text = "no stream could be opened, nothing was measured."
		}
	}
	if len(cost) > 0 {
		s.Text += " Server CPU a message: " + strings.Join(cost, ", ") + "."
	}
	return s
}

// floorLast puts those first whom one would choose.
func (g *group) floorLast() []*entry {
	out := slices.Clone(g.entries)
	slices.SortStableFunc(out, func(a, b *entry) int {
		switch {
		case a.isFloor() == b.isFloor():
			return 0
		case a.isFloor():
			return 1
		}
		return -1
	})
	return out
}

// named is an entry in a sentence; one that is no measurement says so.
func (g *group) named(e *entry) string {
	name := spoken(e.cell.Config.Protocol)
	if g.several {
		name += " in " + e.name
	}
	var aside []string
	if e.isFloor() && len(g.entries) > 1 {
		aside = append(aside, "the floor")
	}
	if v := e.cell.Verdict(); v == result.Invalid {
		aside = append(aside, string(v))
	}
	if len(aside) > 0 {
		name += " (" + strings.Join(aside, ", ") + ")"
	}
	return name
}

// times is the entry's rate, where it is its own, and its percentiles.
func (e *entry) times() string {
	var parts []string
	for _, p := range []float64{50, 99} {
		if d, ok := e.cell.Percentile(e.response, p); ok && d > 0 {
			parts = append(parts, fmt.Sprintf("p%g %s", p, result.Duration(float64(d))))
		}
	}
	text := strings.Join(parts, ", ")
	if e.cell.Config.Times == result.TimesGap && text != "" {
		return fmt.Sprintf("%s/s at gaps of %s", result.Count(rateMetric.estimate(e.cell).Median), text)
	}
	if e.cell.Config.Times == result.TimesOneWay && text != "" {
		return fmt.Sprintf("%s/s at a one-way time of %s", result.Count(rateMetric.estimate(e.cell).Median), text)
	}
	if e.cell.Config.Model != "open" && text != "" {
		text = fmt.Sprintf("%s/s at %s", result.Count(rateMetric.estimate(e.cell).Median), text)
	}
	return text
}

// load says under what load.
func load(c result.Config) string {
	how := "In a closed loop over"
	switch c.Model {
	case result.ServerPaced:
		how = "At the server's own pace over"
	case "open":
		how = fmt.Sprintf("At %s messages/s over", grouped(c.Rate))
		if least, most := c.Rate, c.Rate; len(c.Stages) > 0 {
			for _, s := range c.Stages {
				least, most = min(least, s.To), max(most, s.To)
			}
			how = fmt.Sprintf("At %s to %s messages/s over", grouped(least), grouped(most))
		}
	}
	text := fmt.Sprintf("%s %s", how, plural(c.Connections, "connection"))
	if c.Streams > 1 {
		text += fmt.Sprintf(" of %d streams", c.Streams)
	}
	return fmt.Sprintf("%s (%s, %s, %s)", text, c.Scenario, c.Pattern, report.Payload(c))
}

// aheadInWords says who is ahead by what, and that nobody is.
func (g *group) aheadInWords() string {
	var names []string
	by := map[string][]string{}
	for _, f := range metrics {
		for _, w := range g.winners(f) {
			name := g.named(w.entry)
			if by[name] == nil {
				names = append(names, name)
			}
			by[name] = append(by[name], f.called(g.config()))
		}
	}
	switch {
	case !g.contested():
		return ""
	case len(names) == 0:
		return "No protocol was shown to be ahead of all others by any figure."
	}
	for i, name := range names {
		names[i] = name + " by " + and(by[name])
	}
	return "Shown to be ahead of all others, the floor left out: " + strings.Join(names, "; ") + "."
}

// contested says whether there are two protocols that could be ahead.
func (g *group) contested() bool {
	var protocols []string
	for _, e := range g.entries {
		if !e.isFloor() {
			protocols = append(protocols, e.cell.Config.Protocol)
		}
	}
	return len(distinct(protocols)) > 1
}

// winners are those of each result; pairs of repetitions exist only within one.
func (g *group) winners(f metric) []winner {
	byResult := map[int][]*entry{}
	var order []int
	for _, e := range g.entries {
		if byResult[e.result] == nil {
			order = append(order, e.result)
		}
		byResult[e.result] = append(byResult[e.result], e)
	}
	var out []winner
	for _, r := range order {
		if w, ok := f.winner(byResult[r]); ok {
			out = append(out, w)
		}
	}
	return out
}
