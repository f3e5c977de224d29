// Package html renders stored results as one file for a browser: the verdict in words,
// the protocols side by side, latency by percentile and over time, cost, the guide's
// claims, and all that is needed to do it again. The file needs nothing from elsewhere:
// the chart library (uPlot, see uplot/LICENSE) is in it.
package html

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"slices"
	"strings"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// FileName is the name of a report beside what it is about.
const FileName = "report.html"

//go:embed *.tmpl *.css *.js uplot/uPlot.iife.min.js uplot/uPlot.min.css uplot/LICENSE
var files embed.FS

var pageTemplate = template.Must(template.New("page.tmpl").Funcs(template.FuncMap{"pair": pair}).ParseFS(files, "*.tmpl"))

// Write writes the report of one result, or of several side by side: cells that differ in
// nothing but protocol and result share tables and charts. guide are the claims of the
// guide's table with what evidence made of them; nil has section 6 show the guide's
// performance cells, as each result answers them. The results stay as they are. The
// bytes depend on the arguments alone.
func Write(w io.Writer, results []result.Named, guide []claims.Claim) error {
	groups := groupsOf(results)
	p := struct {
		Title   string
		Style   template.CSS
		Library template.JS
		Scripts []template.JS
		Verdict verdictSection
		Groups  []groupView
		Gaps    bool // some of the groups have gaps instead of a latency
		Claims  claimsSection
		Setting []reproduceView
		Data    chartData
	}{
		Title:   pageTitle(results, guide),
		Style:   template.CSS(read("uplot/uPlot.min.css") + read("report.css")),
		Library: template.JS("/* uPlot\n" + read("uplot/LICENSE") + "*/\n" + read("uplot/uPlot.iife.min.js")), // the licence goes with it
		Scripts: []template.JS{template.JS(read("tables.js")), template.JS(read("charts.js")), template.JS(read("timeline.js"))},
		Verdict: verdictOf(results, groups),
		Groups:  viewsOf(groups),
		Gaps:    slices.ContainsFunc(groups, func(g *group) bool { return g.config().Times == result.TimesGap }),
		Claims:  claimsOf(results, guide),
		Setting: reproduceViews(results),
		Data:    dataOf(groups),
	}
	var out bytes.Buffer // a report that stops half way looks like a whole one
	if err := pageTemplate.Execute(&out, p); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}

// WriteGuide writes the report of evidence: its suites as results, and the claims of the
// guide's table with their verdicts.
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

// read returns a file that is built in.
func read(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // the compiler embedded it
	}
	return string(b)
}

// pageTitle names what is shown.
func pageTitle(results []result.Named, guide []claims.Claim) string {
	if guide != nil {
		return "the guide's claims"
	}
	var names []string
	for _, n := range results {
		names = append(names, scenarioNames(n.Result))
	}
	return strings.Join(unique(names), " · ")
}

// scenarioNames lists what was run.
func scenarioNames(r *result.Result) string {
	var names []string
	for _, s := range r.Scenarios {
		names = append(names, s.Name)
	}
	if len(names) == 0 {
		for _, c := range r.Cells {
			names = append(names, c.Config.Scenario)
		}
	}
	return strings.Join(unique(names), ", ")
}
