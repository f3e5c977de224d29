package html

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"rtbench/internal/golden"
	"rtbench/proto/quantity"
	"rtbench/report/claims"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// words returns the text of a page without its charts, one line per block and table row.
func words(t testing.TB, page []byte) string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			out.WriteString(n.Data)
		case n.Data == "script" || n.Data == "style":
			return
		case n.Data == "td" || n.Data == "th":
			out.WriteString(" | ")
		case strings.Contains(" p li h1 h2 h3 h4 tr summary caption legend label figure pre title footer ", " "+n.Data+" "):
			out.WriteString("\n")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	var lines []string
	for line := range strings.Lines(out.String()) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestGolden(t *testing.T) {
	e, list := madeUpEvidence(t)
	var guide bytes.Buffer
	if err := WriteGuide(&guide, e, list); err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string][]byte{
		"made-up": rendered(t, nil, small(t)),
		"several": rendered(t, nil, small(t), small(t)),
		"guide":   guide.Bytes(),
	} {
		golden.Check(t, "testdata/"+name+".txt", words(t, page))
	}
}

// madeUpEvidence returns evidence with one suite, and claims about two cells of the guide.
func madeUpEvidence(t testing.TB) (*result.Evidence, []claims.Claim) {
	t.Helper()
	e := &result.Evidence{Suites: map[string]*result.Result{"equal-load": small(t)}}
	return e, []claims.Claim{
		{
			ID: "direction/sse", Statement: "server → client", Verdict: claims.Confirmed, Test: "The client tries to send.", Rule: "confirmed if it cannot",
			Evidence: []string{"The server received nothing."}, Files: []string{"direction.json"},
		},
		{ID: "performance/grpc", Statement: "very high", Verdict: claims.NotTestable, Evidence: []string{"not measured: capacity"}},
	}
}

func TestWriteIsDeterministic(t *testing.T) {
	if !bytes.Equal(rendered(t, nil, small(t)), rendered(t, nil, small(t))) {
		t.Error("two reports of one result differ")
	}
}

// Results of interrupted and failed runs are rendered too.
func TestWriteRendersEveryResult(t *testing.T) {
	for name, r := range map[string]*result.Result{
		"empty":          {},
		"cell never ran": {Cells: []*result.Cell{{ID: "a"}}},
		"failed": {Cells: []*result.Cell{{
			ID: "a", Repetitions: []*result.Repetition{{Error: "x", Validity: result.Validity{Discarded: true}}},
		}}},
	} {
		if got := rendered(t, nil, r); !bytes.HasSuffix(got, []byte("</html>\n")) {
			t.Errorf("%s: the report is incomplete", name)
		} else if bytes.Contains(got, []byte(`class="chart curves"`)) {
			t.Errorf("%s: the report has an empty chart", name)
		}
	}
	if got := rendered(t, nil); !bytes.HasSuffix(got, []byte("</html>\n")) {
		t.Error("no results: the report is incomplete")
	}
	if err := Write(broken{}, nil, nil); err == nil {
		t.Error("the writer's error is lost")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestSize(t *testing.T) {
	suite := madeUp{[]string{"tcp", "websocket", "sse", "grpc"}, []string{"echo", "push"}, 1, 10, 400}
	long := madeUp{[]string{"tcp", "websocket", "sse", "grpc"}, []string{"echo", "push"}, 1, 200, 25}
	for name, m := range map[string]madeUp{"8 cells × 7 repetitions": suite, "the same with 200 slots": long} {
		r := m.result(t)
		for _, c := range r.Cells {
			for i := range 6 { // only their size matters
				again := *c.Repetitions[0]
				again.Index = i + 1
				c.Repetitions = append(c.Repetitions, &again)
			}
		}
		checkSize(t, name, r)
	}
	for _, rates := range []int{16, 17, 40} { // with details up to 64 cells
		checkSize(t, fmt.Sprint(rates, " rates"), madeUpRates(t, rates))
	}
}

func checkSize(t *testing.T, name string, r *result.Result) {
	t.Helper()
	const most = 500_000
	n := len(rendered(t, nil, r))
	t.Logf("%s: %d bytes", name, n)
	if n >= most {
		t.Errorf("%s: %d bytes, expected less than %d", name, n, most)
	}
}

// Text in a result is never interpreted as markup.
func TestResultTextIsEscaped(t *testing.T) {
	const bad = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'` + "`${alert(3)}`<!--"
	r := small(t)
	r.Environment.CPU, r.Environment.Pacing, r.Tool.Version = bad, bad, bad
	r.Scenarios = []result.Scenario{{Name: bad, File: bad, Source: bad}}
	for _, c := range r.Cells {
		c.ID, c.Config.Scenario, c.Config.Target, c.Config.Encoding, c.Notes = bad, bad, bad, bad, []string{bad}
		c.Config.Protocol += bad
		for _, rep := range c.Repetitions {
			rep.Validity.Findings = []result.Finding{{Word: result.Word(bad), Reason: bad}}
			rep.Thresholds = []result.Outcome{{Text: bad}}
		}
	}
	claim := claims.Claim{ID: bad, Statement: bad, Verdict: bad, Summary: []string{bad}, Test: bad, Rule: bad, Evidence: []string{bad}, Files: []string{"javascript:alert(4)"}}
	page := rendered(t, []claims.Claim{claim}, r, r)
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	scripts := 0
	for n := range root.Descendants() {
		if n.Type == html.CommentNode || n.Data == "img" {
			t.Errorf("%s %s: markup from the result", n.Data, n.Type)
		}
		if n.Data == "script" {
			scripts++
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Val, "javascript:") {
				t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
			}
		}
	}
	if scripts != 5 {
		t.Errorf("got %d scripts, want the 5 of the page", scripts)
	}
	if !strings.Contains(words(t, page), "alert(1)") {
		t.Error("the escaped text is missing")
	}
	if data := chartDataOf(t, page); !strings.Contains(data.Groups[0].Series[0].Label, bad) {
		t.Errorf("label %q", data.Groups[0].Series[0].Label)
	}
}

// chartDataOf returns the data embedded in a page for its charts.
func chartDataOf(t testing.TB, page []byte) chartData {
	t.Helper()
	_, rest, _ := bytes.Cut(page, []byte(`<script type="application/json" id="data">`))
	text, _, _ := bytes.Cut(rest, []byte("</script>"))
	var d chartData
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCurvesEndAtTheLastKnownPercentile(t *testing.T) {
	data := chartDataOf(t, rendered(t, nil, small(t)))
	for _, s := range data.Groups[0].Series { // 24,000 messages: from p99.9 to p99.984
		last := data.X[len(s.Response)-1]
		if last < 1000 || last > 24000/3.6 {
			t.Errorf("%s ends at 1/(1-p) = %g", s.Label, last)
		}
		if len(s.Reps) != 6 || len(s.Reps[s.Shown].Heat) != 10 || len(s.Reps[0].Samples) != 10 {
			t.Errorf("%s: %d repetitions over time", s.Label, len(s.Reps))
		}
	}
}

// As on the terminal, p99 needs enough independent messages.
func TestTailNeedsIndependentMessages(t *testing.T) {
	c := small(t).Cells[0]
	c.Repetitions = c.Repetitions[:1]
	if in := metric.Time(99).Interval(metric.Merge(c)); math.IsNaN(in.Median) {
		t.Fatal("the made-up result has no p99")
	}
	c.Repetitions[0].Series.Independent = []result.Independent{{Percentile: 99, Messages: 60}}
	if in := metric.Time(99).Interval(metric.Merge(c)); !math.IsNaN(in.Median) || in.N > 1 || in.Low < in.High {
		t.Errorf("60 independent messages give a p99 of %v", in)
	}
}

// Merging slots of the timeline loses no message.
func TestHeatmapsCountEveryMessage(t *testing.T) {
	r := madeUp{[]string{"tcp"}, []string{"echo"}, 1, 50, 100}.result(t).Cells[0].Repetitions[0]
	for _, slots := range []int{1, 7, 50, 1000} {
		sum := 0.0
		heat := overTime(r, budget{slots: slots}).Heat
		for _, h := range heat {
			for _, n := range h[3:] {
				sum += n
			}
		}
		if sum != 5000 || len(heat) > max(slots, 1) {
			t.Errorf("limit of %d slots: got %d with %g messages", slots, len(heat), sum)
		}
	}
}

func TestWinnerNeedsAnIntervalOnOneSide(t *testing.T) {
	r := madeUp{[]string{"tcp", "websocket", "sse"}, []string{"echo"}, 6, 5, 100}.result(t)
	g := groupsOf([]result.Named{{Dir: "a", Result: r}})[0]
	cpu := metric.For(quantity.ServerCPU)
	if w := g.winners(cpu); len(w) != 1 || w[0].entry.Config.Protocol != "websocket" || len(w[0].leads) != 1 {
		t.Errorf("winners %v, want websocket ahead of sse, without the floor", w)
	}
	if w := g.winners(metric.For(quantity.Throughput)); len(w) != 0 {
		t.Errorf("%d are ahead in a planned rate", len(w))
	}
	for _, e := range g.entries {
		e.Repetitions = e.Repetitions[:5]
	}
	if w := g.winners(cpu); len(w) != 0 {
		t.Error("five pairs have a winner, but are too few for a 95 % interval")
	}
	g.entries[1].Repetitions[0].Server.CPU *= 100
	if w := g.winners(cpu); len(w) != 0 {
		t.Error("an interval that includes 1 has a winner")
	}
}

// Unusable service times are neither drawn nor listed.
func TestUnusableServiceTimes(t *testing.T) {
	r := small(t)
	for _, unusable := range []bool{false, true} {
		if unusable {
			r.Cells[0].Repetitions[0].Validity = result.Validity{Unusable: []string{"p99", "p99.9", "p99.99", "max", "mean"}}
		}
		groups := groupsOf([]result.Named{{Result: r}})
		e := groups[0].entries[0]
		if math.IsNaN(e.ServicePercentile(50)) || math.IsNaN(e.ServicePercentile(99)) != unusable {
			t.Errorf("unusable %t: service p50 %v, p99 %v", unusable, e.ServicePercentile(50), e.ServicePercentile(99))
		}
		data := chartDataOf(t, rendered(t, nil, r))
		if last := data.X[len(data.Groups[0].Series[0].Service)-1]; (last < 100) != unusable {
			t.Errorf("unusable %t: the curve ends at 1/(1-p) = %g", unusable, last)
		}
		if text := groups[0].table("", metric.Curve, groups[0].entries).Rows[0].Values[len(result.Percentiles)+2].Text; strings.ContainsAny(text, "0123456789") == unusable {
			t.Errorf("unusable %t: service p99 is %q", unusable, text)
		}
	}
}

// A time with bounds has both in the table, and a band in the chart.
func TestBoundsOnThePage(t *testing.T) {
	r := small(t)
	late := []string{"p50", "p90", "p99", "p99.9", "p99.99", "max", "mean"}
	for _, rep := range r.Cells[0].Repetitions {
		rep.Low = rep.Lag // less than a tenth of the response times
		rep.Validity = result.Validity{
			Findings: []result.Finding{{Word: result.Limited, Kind: result.SentLate, Reason: "late", Unusable: late, AtMost: true, Bounded: true}},
			Unusable: late, AtMost: late,
		}
	}
	page := rendered(t, nil, r)
	for i, want := range []string{"≤ 80.6 µs ≥ 804 ns", "measurement limited · made-up/echo/tcp, 6 of 6 repetitions: late; only upper bounds: all times — leave a core free"} {
		if text := words(t, page); !strings.Contains(text, want) {
			t.Errorf("%d: %q is not on the page:\n%s", i, want, text)
		}
	}
	series := chartDataOf(t, page).Groups[0].Series
	if s := series[0]; len(s.Low) != len(s.Response) || len(s.Low) < 20 || !(s.Low[20] > 0) || s.Low[20] > s.Response[20]/10 {
		t.Errorf("bounds from %v to %v", s.Low, s.Response)
	}
	if s := series[1]; !slices.Equal(s.Low, s.Response) {
		t.Errorf("a usable curve has the bounds %v and %v", s.Low, s.Response)
	}
	const band = `rtbench.drawAll(), Promise.resolve(document.querySelector('.curves').plot).then(p => [p.bands.length, p.data.at(-1).find(v => v != null) / p.scales.y.min])`
	if got := eval[[]float64](openTab(t, page), band); got[0] != 1 || got[1] < 1.1 {
		t.Errorf("%v: the chart has not one band above the axis", got)
	}
	for _, rep := range r.Cells[0].Repetitions {
		rep.Validity.Findings[0].Bounded = false
	}
	if got := eval[[]float64](openTab(t, rendered(t, nil, r)), band); got[0] != 1 || got[1] != 1 {
		t.Errorf("%v: without lower bounds the chart has not one band to the axis", got)
	}
}
