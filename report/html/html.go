// Package html renders stored results as one self-contained HTML file: the verdict in words, the
// protocols side by side, latency by percentile and over time, cost, the guide's claims, and
// everything needed to reproduce the run. It includes the chart library (uPlot, see uplot/LICENSE).
package html

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"

	"rtbench/report"
	"rtbench/report/claims"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// FileName is the name of the report in a result directory.
const FileName = "report.html"

//go:embed *.tmpl *.css *.js uplot/uPlot.iife.min.js uplot/uPlot.min.css uplot/LICENSE
var files embed.FS

// pageTemplate parses the templates for the first page: only some commands write one.
var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page.tmpl").Funcs(template.FuncMap{"tone": tone}).ParseFS(files, "page.tmpl", "*.tmpl"))
})

// Write writes the report of one or several results. Cells that differ only in protocol and result
// share tables and charts. guide holds the judged claims of the guide's table; if it is nil,
// section 6 shows the performance claims of each result. The output is deterministic, and the
// results are not modified.
func Write(w io.Writer, results []result.Named, guide []claims.Claim) error {
	groups := groupsOf(results)
	p := struct {
		Title    string
		When     string
		Answer   answerView
		Searches []searchView
		Loads    []loadChartView
		Splits   []splitView
		Style    template.CSS
		Library  template.JS
		Scripts  []template.JS
		Trust    []resultTrust
		Groups   []groupView
		Brief    bool // without curves, courses over time and costs
		Timed    bool // some groups have courses over time
		Gaps     bool // some groups have gaps instead of latencies
		Claims   claimsSection
		Setting  []reproduceView
		Data     chartData
	}{
		Title:    pageTitle(results, guide),
		When:     when(results),
		Answer:   answerOf(results, groups),
		Searches: searchesOf(results),
		Loads:    loadChartsOf(results),
		Splits:   splitsOf(results),
		Style:    template.CSS(read("uplot/uPlot.min.css") + read("report.css")),
		Library:  template.JS("/* uPlot\n" + read("uplot/LICENSE") + "*/\n" + read("uplot/uPlot.iife.min.js")), // include the licence
		Scripts:  []template.JS{template.JS(read("tables.js")), template.JS(read("charts.js")), template.JS(read("timeline.js"))},
		Trust:    trustOf(results),
		Groups:   viewsOf(groups),
		Brief:    len(detailed(groups)) < len(groups),
		Timed:    slices.ContainsFunc(groups, func(g *group) bool { return g.timeNote() != "" }),
		Gaps:     slices.ContainsFunc(groups, func(g *group) bool { return g.Config().Times == result.TimesGap }),
		Claims:   claimsOf(results, guide),
		Setting:  reproduceViews(results),
		Data:     dataOf(detailed(groups)),
	}
	var out bytes.Buffer // a truncated report would look complete
	if err := pageTemplate().Execute(&out, p); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}

// maxDetailed is the number of cells up to which a page has curves, courses over time and costs.
const maxDetailed = 64

// detailed returns the groups that have them: all or none.
func detailed(groups []*group) []*group {
	cells := 0
	for _, g := range groups {
		cells += len(g.entries)
	}
	if cells > maxDetailed {
		return nil
	}
	return groups
}

// WriteGuide writes the report of evidence: its suites as results, and the judged claims of the
// guide's table.
func WriteGuide(w io.Writer, e *result.Evidence, guide []claims.Claim) error {
	var results []result.Named
	for _, name := range claims.Evidence(claims.Cells) {
		if r := e.Suites[name]; r != nil {
			results = append(results, result.Named{Dir: name, Result: r})
		}
	}
	if guide == nil {
		guide = []claims.Claim{}
	}
	return Write(w, results, guide)
}

// read returns an embedded file.
func read(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // cannot happen: the file is embedded
	}
	return string(b)
}

// titleTargets is the number of targets in the title.
const titleTargets = 2

// pageTitle names the scenarios and the targets, or else that these are the reference servers.
func pageTitle(results []result.Named, guide []claims.Claim) string {
	if guide != nil {
		return "the guide's claims"
	}
	var names, targets []string
	for _, n := range results {
		names = append(names, strings.Join(report.ScenarioNames(n.Result), ", "))
		for _, c := range n.Result.Cells {
			targets = append(targets, cmp.Or(c.Config.Target, "reference servers"))
		}
	}
	title := strings.Join(result.Unique(names), " · ")
	targets = result.Unique(targets)
	if more := len(targets) - titleTargets; more > 0 {
		targets = append(targets[:titleTargets], result.Plural(more, "more target"))
	}
	if len(targets) > 0 {
		title += " at " + report.JoinAnd(targets)
	}
	return title
}

// when returns the days of the results.
func when(results []result.Named) string {
	var days []string
	for _, n := range results {
		if !n.Result.Started.IsZero() {
			days = append(days, n.Result.Started.UTC().Format("2006-01-02"))
		}
	}
	return strings.Join(result.Unique(days), ", ")
}

// anchor returns the identifier of a group on the page.
func anchor(i int) string { return fmt.Sprintf("g%d", i) }

// openGroups is the number of groups up to which all are expanded.
const openGroups = 6

// A groupView is the data of sections 2 to 5 for a group.
type groupView struct {
	Anchor, Title, What string
	Matching            string // how replies are matched, if they are
	Negotiated          []string
	Open                bool
	Eventful            bool // its course over time may have news
	Compare             compareView
	Percentiles         tableView
	Curves              bool   // the chart by percentile has something to show
	TimeNote            string // empty without data over time
	Heats               []heatView
	Cost                tableView
	Arrivals            tableView // no rows without unsolicited messages
	ArrivalNotes        []string  // explain missing values in Arrivals
	Connecting          tableView // no rows if unknown
	Joins, Churn        tableView // no rows unless users come and go
	Storms              []stormView
	Bursts              burstsView
	Tokens              tableView // no rows without answers
	TokenNotes          []string
	Kinds               tableView // no rows without names
	ServerMetrics       tableView // no rows without any
	ServerMetricsNotes  []string
	Agents              tableView // no rows if this process ran all
	Failures, Notes     []string
}

// A heatView labels a heatmap.
type heatView struct {
	Label string
	Color int
	Index int
}

func viewsOf(groups []*group) []groupView {
	var out []groupView
	all := make([]*report.Group, len(groups))
	for i, g := range groups {
		all[i] = g.Group
	}
	for i, g := range groups {
		v := groupView{
			Anchor: g.anchor, Title: g.Title, What: g.TimesCaption(), Matching: report.MatchCaption(g.Config()), Negotiated: g.Negotiated(), Open: i == 0 || len(groups) <= openGroups, Eventful: g.eventful(),
			Compare: g.compare(), Percentiles: g.table("By percentile", metric.Curve, g.entries), Curves: g.curves(), TimeNote: g.timeNote(), Cost: g.table("Capacity and cost", metric.Cost, g.entries), Arrivals: g.arrivals(), Connecting: g.connecting(), Joins: g.joins(), Churn: g.churn(all), Storms: g.storms(), Bursts: g.bursts(), Tokens: g.tokens(), TokenNotes: g.AnswerNotes(func(i int) string { return g.row(g.entries[i]).Label }), Kinds: g.kinds(), ServerMetrics: g.serverMetrics(), ServerMetricsNotes: g.ServerMetricsNotes(), Agents: g.agents(),
			ArrivalNotes: g.ArrivalNotes(func(i int) string { return g.named(g.entries[i]) }),
		}
		for _, e := range g.entries {
			v.Failures = append(v.Failures, report.FailureLines(e.Cell.Cell, report.PageExample)...)
			v.Notes = append(v.Notes, report.NoteLines(e.Cell.Cell, report.PageExample)...)
			if v.TimeNote != "" && hasTimeline(e.Cell.Cell) {
				v.Heats = append(v.Heats, heatView{g.label(e), e.color, e.place})
			}
		}
		out = append(out, v)
	}
	return out
}

// row returns an entry's row without values.
func (g *group) row(e *entry) rowView {
	return rowView{Label: g.label(e), Word: e.Word(), Color: e.color, Floor: e.isFloor()}
}
