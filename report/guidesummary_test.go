package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"rtbench/internal/golden"
	"rtbench/report/claims"
	"rtbench/report/result"
)

func TestGuideSummary(t *testing.T) {
	var list []claims.Claim
	verdicts := []claims.Verdict{claims.Confirmed, claims.Refuted, claims.Inconclusive, claims.NotTestable, claims.Depends}
	for i, c := range claims.Judge(&result.Evidence{}, claims.Cells) {
		c.Verdict, c.Evidence = verdicts[i%7%len(verdicts)], []string{"made up, and long enough to be wrapped to a second line of the terminal"}
		if c.Verdict == claims.Depends {
			c.Summary = []string{"made up", "depends on the load. True: at capacity (2 of 2). False: at equal load (3 of 3)"}
		}
		list = append(list, c)
	}
	if got, want := GuideCount(list[:5]), "Of 5 claims: 1 confirmed, 1 refuted, 1 depends, 1 inconclusive, 1 not testable here"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, width := range []int{40, 80} {
		var out bytes.Buffer
		p := &printer{w: &out, width: width}
		if p.guideSummary(Guide{Claims: list, Evidence: &result.Evidence{}}); p.err != nil {
			t.Fatal(p.err)
		}
		golden.Check(t, fmt.Sprintf("testdata/guide-summary.%d", width), out.Bytes())
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("%d columns: a line takes %d: %s", width, n, line)
			}
		}
	}
}
