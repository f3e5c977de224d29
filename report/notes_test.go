package report

import (
	"strings"
	"testing"

	"rtbench/report/result"
)

// broadcasts returns a result of a custom target that failed at nothing, but sent messages that match no request.
func broadcasts(t testing.TB) *result.Result {
	t.Helper()
	c := customCell(t, "echo", "websocket", 3, func(c *result.Config) { c.Model, c.Arrivals, c.Rate, c.Insecure = "open", "constant", 4000, false })
	for _, r := range c.Repetitions {
		r.Counters.Due, r.Counters.Planned = 4000, 4000
		r.Counters.Unmatched = 6
		r.Counters.UnmatchedKinds = []result.UnmatchedKind{{Kind: "a1", Count: 5, Example: `{"type":"joined"}`}, {Kind: "b2", Count: 1, Example: `{"type":"left"}`}}
		r.Validity = result.Judge(c.Config, r, 4)
	}
	return &result.Result{Version: result.Version, Started: madeUpStart, Cells: []*result.Cell{c}}
}

// Unmatched messages are notes in every format, and a result that has nothing else says nowhere that anything failed.
func TestUnmatchedMessagesAreNoFailure(t *testing.T) {
	r := broadcasts(t)
	if title, lines := Failed(r, PageExample); title != "" || len(lines) > 0 {
		t.Errorf("failed: %q %q", title, lines)
	}
	if lines := FailureLines(r.Cells[0], PageExample); len(lines) > 0 {
		t.Errorf("failures: %q", lines)
	}
	for _, format := range []string{"text", DetailsName, "md", "junit", "csv", "benchfmt"} {
		text := string(render(t, format, r))
		if !strings.Contains(text, "18 messages unmatched, such as ") && !strings.Contains(text, "6 messages unmatched, such as ") {
			t.Errorf("%s has no note:\n%s", format, text)
		}
		if strings.Contains(strings.ToLower(text), "server failed") {
			t.Errorf("%s says that the server failed:\n%s", format, text)
		}
	}
}
