package html

import (
	"path/filepath"
	"strings"
	"testing"

	"rtbench/internal/golden"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// customResult returns the result of a custom target from the golden files of package report.
func customResult(t testing.TB) *result.Result {
	t.Helper()
	r, err := result.Read(filepath.Join("..", "testdata", "custom.json"))
	if err != nil {
		t.Fatal(err)
	}
	r.Tool.Command = []string{"rtbench", "run", "mine.yaml"}
	return r
}

func TestCustomTarget(t *testing.T) {
	text := words(t, rendered(t, nil, customResult(t)))
	golden.Check(t, "testdata/custom.txt", text)
	notice := strings.Index(text, "the server's certificate was NOT verified (insecure)")
	if results := strings.Index(text, "Side by side"); notice < 0 || notice > results {
		t.Error("the insecure notice does not precede the results")
	}
	for _, want := range []string{
		"12 × HTTP status 401 (not opened) — HTTP status 401: token expired", "bunching: 87 %", "gap p50",
		"one-way time (server's stamp, clocks within ±2.00 ms", "from pid 123",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
}

// Gaps are never called latency or response time, and no protocol is ahead in them.
func TestGapsAreNotCalledLatency(t *testing.T) {
	r := customResult(t)
	r.Cells = r.Cells[1:2]
	page := string(rendered(t, nil, r))
	_, page, _ = strings.Cut(page, "<body>")
	page, _, _ = strings.Cut(page, `<script type="application/json"`)
	for _, bad := range []string{"atency", "answered", "delivered", "response time"} {
		if i := strings.Index(page, bad); i >= 0 {
			t.Errorf("the page calls gaps %q: …%s…", bad, page[max(0, i-100):min(len(page), i+100)])
		}
	}
	two := *r.Cells[0]
	two.ID, two.Config.Protocol = "other", "websocket"
	two.Repetitions = nil
	for _, rep := range r.Cells[0].Repetitions {
		faster := *rep
		faster.Response = result.Histogram{}
		two.Repetitions = append(two.Repetitions, &faster)
	}
	r.Cells = append(r.Cells, &two)
	g := groupsOf([]result.Named{{Dir: "a", Result: r}})[0]
	for _, f := range metric.In(metric.Compare)[:3] { // the times, and the rate that the server chose
		if w := g.winners(f); len(w) != 0 {
			t.Errorf("%s is ahead in %s", w[0].entry.ID, f.Label)
		}
	}
}
