package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"rtbench/report/capacity"
	"rtbench/report/result"
)

// A search is the result of a search for the capacity, as reports show it.
type search struct {
	*result.Result
	subjects []*capacity.Subject
}

func searchOf(r *result.Result) search { return search{r, capacity.Subjects(r)} }

// axes describe the numeric axes.
var axes = map[string]struct{ unit, head, more string }{
	"load.rate":        {"messages/s", "messages/s", "rate"},
	"load.connections": {"connections", "connections", "number of connections"},
	"load.streams":     {"streams per connection", "streams", "number of streams"},
	"payload.size":     {"bytes per message", "bytes", "size"},
}

func (s search) unit() string { return axes[s.Search.Axis].unit }

// load formats a load with three significant digits, or as an integer.
func (s search) load(x float64) string {
	if s.Search.Whole {
		return result.Count(math.Round(x))
	}
	unit := math.Pow(10, math.Floor(math.Log10(x))-2)
	return result.Count(math.Round(x/unit) * unit)
}

// searchSummary prints the first screen of a search: the answer, a table, the curves and what limits them.
func (p *printer) searchSummary(r *result.Result) {
	s := searchOf(r)
	p.searchAnswer(s)
	if len(s.subjects) == 0 {
		return
	}
	p.table("", s.table(p.width))
	p.plot(s.chart().plot(p.width))
	p.recoveries(r, p.width)
	p.printf("\n")
	for _, line := range s.notes() {
		p.paragraph("  ", line)
	}
}

func (p *printer) searchAnswer(s search) {
	if in := Insecure(s.Result); in != "" {
		p.paragraph("", in)
	}
	p.paragraph("  ", s.answer())
	p.paragraph("  ", s.measured())
	p.printf("\n")
}

// searchDetails prints the first screen and all points of the curves.
func (p *printer) searchDetails(r *result.Result) {
	p.searchSummary(r)
	s := searchOf(r)
	for _, subject := range s.subjects {
		p.table(subject.Name, s.points(subject))
	}
	if len(s.subjects) > 0 {
		p.section("Universal Scalability Law", s.scaling())
	}
	p.environment(r)
}

// searchMarkdown prints a search in Markdown.
func (p *printer) searchMarkdown(r *result.Result) {
	s := searchOf(r)
	p.lead(s.answer(), "", nil)
	p.printf("\n%s\n\n", escape(s.measured()))
	if len(s.subjects) == 0 {
		return
	}
	p.printf("%s", s.table(math.MaxInt).markdown())
	p.recoveries(r, math.MaxInt)
	p.list("", s.notes())
	p.printf("\n<details>\n<summary>Curves, environment</summary>\n\n")
	var rest strings.Builder
	inner := &printer{w: &rest, width: defaultWidth}
	inner.plot(s.chart().plot(defaultWidth))
	for _, subject := range s.subjects {
		inner.table(subject.Name, s.points(subject))
	}
	inner.section("Universal Scalability Law", s.scaling())
	inner.environment(r)
	p.preformatted(rest.String())
	p.printf("\n</details>\n")
}

// answer returns the capacities in a sentence, and how they compare.
func (s search) answer() string {
	if len(s.subjects) == 0 {
		return "Nothing was measured."
	}
	var parts []string
	unit := false // is said
	for _, subject := range s.subjects {
		parts = append(parts, subject.Name+" "+s.takes(subject, !unit))
		unit = unit || subject.Answer.Kind != capacity.Unknown
	}
	text := result.Conjoin(parts) + s.comparison() + "."
	if s.Unfinished || s.Interrupted {
		text = "So far: " + text + " The search was interrupted."
	}
	return text
}

// takes says how much a subject takes, with the unit and the confidence in the first sentence that has a number.
func (s search) takes(subject *capacity.Subject, first bool) string {
	a, unit, interval := subject.Answer, "", ""
	if first {
		unit, interval = " "+s.unit(), "95 % interval "
	}
	switch a.Kind {
	case capacity.Found:
		return fmt.Sprintf("takes %s%s (%s%s to %s)", s.load(a.Interval.At), unit, interval, s.load(a.Interval.Low), s.load(a.Interval.High))
	case capacity.AtLeast:
		return fmt.Sprintf("takes at least %s%s", s.load(a.Interval.Low), unit)
	case capacity.Below:
		return fmt.Sprintf("misses the objective even at %s%s", s.load(a.Interval.High), unit)
	}
	return "could not be measured"
}

// comparison compares the highest capacity with the lowest, if there are several.
func (s search) comparison() string {
	var found []*capacity.Subject
	for _, subject := range s.subjects {
		if subject.Answer.Kind == capacity.Found {
			found = append(found, subject)
		}
	}
	if len(found) < 2 {
		return ""
	}
	slices.SortStableFunc(found, func(a, b *capacity.Subject) int {
		return int(math.Copysign(1, b.Answer.Interval.At-a.Answer.Interval.At))
	})
	most, least := found[0], found[len(found)-1]
	a, b := most.Answer.Interval, least.Answer.Interval
	if a.Low <= b.High {
		return "; which takes the most cannot be told"
	}
	return fmt.Sprintf("; %s takes %.3g times as much as %s (%.3g to %.3g)", most.Name, a.At/b.At, least.Name, a.Low/b.High, a.High/b.Low)
}

// measured says what was searched, and with how many steps.
func (s search) measured() string {
	steps, shortest := 0, time.Duration(0)
	for _, subject := range s.subjects {
		steps += subject.Steps
		for _, point := range subject.Points {
			if d := point.Config.Steady; shortest == 0 || d < shortest {
				shortest = d
			}
		}
	}
	text := fmt.Sprintf("Objective: %s", s.Search.Objective)
	if len(s.subjects) > 0 {
		c := s.subjects[0].Points[0].Config
		parts := partsOf(c)
		switch s.Search.Axis {
		case "load.rate":
			parts[ratePart] = c.Arrivals + " rate"
		case "load.connections", "load.streams":
			parts[connectionsPart] = ""
		case "payload.size":
			parts[payloadPart] = c.Encoding
		}
		text = fmt.Sprintf("%s · %s · %s of %v or longer", text, parts.title(), result.Plural(steps, "step"), shortest)
	}
	if n := s.Search.Agents; n > 0 {
		text += " on " + result.Plural(n, "agent")
	}
	return text
}

// notes names the limits of the answer.
func (s search) notes() (out []string) {
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	var sharing []string
	for _, subject := range s.subjects {
		a, name := subject.Answer, subject.Name
		switch {
		case a.Kind == capacity.AtLeast && !math.IsInf(a.Ceiling, 1):
			add("%s: rtbench's own limit here is %s %s: %s.", name, s.load(a.Ceiling), s.unit(), subject.CeilingReason())
		case a.Kind == capacity.AtLeast && a.Ended:
			add("%s: no higher %s was tried: %s.", name, axes[s.Search.Axis].more, s.bound(subject))
		case a.Kind == capacity.Below:
			if server, client, ok := subject.Idle(); ok {
				add("%s: the server used %.2f cores there, and rtbench %.2f, so load does not explain %s.", name, server, client, s.missWhileIdle())
			}
		case a.Kind == capacity.Unknown:
			add("%s: %s.", name, subject.WhyUnknown())
		case a.Kind == capacity.Found && !a.Precise:
			add("%s: wider than ±%.3g %% after %s; more or longer steps narrow it.", name, 100*s.Search.Precision, result.Plural(subject.Steps, "step"))
		}
		if len(a.Odd) > 0 {
			var loads []string
			for _, x := range a.Odd {
				loads = append(loads, s.load(x))
			}
			add("! %s: the response is not monotone: see %s %s. Another load may meet or miss the objective again.", name, result.Conjoin(loads), s.unit())
		}
		if a.Kind == capacity.Found && subject.Shared(s.Environment) {
			sharing = append(sharing, name)
		}
		out = append(out, recoveryNotes(name, subject.Recovery(s.Search))...)
	}
	if len(sharing) > 0 {
		add("%s: rtbench and the server shared the cores of this machine and used them up; alone the server takes more.", result.Conjoin(sharing))
	}
	what := "the highest load at which all steps together meet the objective"
	if !capacity.Counted(s.Search) {
		what = "the load at which half of the steps meet the objective"
	}
	add("Capacity: %s (95 %% interval). Per core: messages per second of the server's CPU time.", what)
	return out
}

// missWhileIdle says what the load of nearly idle ends does not explain: a delay, unless the objective also limits
// something other than times.
func (s search) missWhileIdle() string {
	if slices.ContainsFunc(s.Search.Limits, func(l result.SearchLimit) bool { return l.Percentile == 0 }) {
		return "why the objective is missed"
	}
	return "the delay: the server waits, or the cores of the machine wake up late"
}

// bound says why the search went no higher.
func (s search) bound(subject *capacity.Subject) string {
	if last := subject.Points[len(subject.Points)-1]; subject.Steps >= s.Search.Steps && last.At < s.Search.Most {
		return "the search ended after " + result.Plural(subject.Steps, "step") + " (--steps)"
	}
	if s.Search.Bound != "" {
		return s.Search.Bound
	}
	return fmt.Sprintf("%s %s is the most that %s allows", s.load(s.Search.Most), s.unit(), s.Search.Axis)
}

// scaling describes the fits of the Universal Scalability Law.
func (s search) scaling() (lines []string) {
	for _, subject := range s.subjects {
		fit, why := subject.Scaling(s.Search.Axis)
		if why != "" {
			lines = append(lines, fmt.Sprintf("%s: not fitted: %s", subject.Name, why))
			continue
		}
		peak := "throughput only levels off"
		if n := fit.Peak(); !math.IsInf(n, 1) {
			peak = fmt.Sprintf("throughput peaks at %.0f streams", n)
		}
		lines = append(lines, fmt.Sprintf("%s: one stream %s messages/s, contention %.2g %%, coherency %.2g %%; %s; within %.2g %% of %s",
			subject.Name, result.Count(fit.One), 100*fit.Contention, 100*fit.Coherency, peak, 100*fit.Error, result.Plural(fit.Points, "load")))
	}
	return lines
}
