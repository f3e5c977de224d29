package report

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"rtbench/report/result"
)

// Formats for programs leave out unusable metrics.
func TestUnusableMetricsAreLeftOut(t *testing.T) {
	r := madeUpCustom(t)
	r.Cells = r.Cells[1:2] // gaps
	metrics := []string{"gap_p50_ns", "gap_p99_ns", "gap_max_ns", "throughput_per_s", "failed_rate"}
	units := []string{"gap-p50-ns", "gap-p99-ns", "msg/s", "failed/msg"}
	for _, rep := range r.Cells[0].Repetitions {
		rep.Counters.Due = 4000
	}
	for _, unusable := range []bool{false, true} {
		if unusable {
			for _, rep := range r.Cells[0].Repetitions {
				rep.Validity = result.Validity{Unusable: []string{"p50", "p90", "p99", "p99.9", "p99.99", "max", "mean", "throughput", "failed_rate"}}
			}
		}
		rows, err := csv.NewReader(strings.NewReader(string(render(t, "csv", r)))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range metrics {
			if value := rows[1][slices.Index(rows[0], name)]; (value == "") != unusable {
				t.Errorf("csv: unusable %t, %s is %q", unusable, name, value)
			}
		}
		text := string(render(t, "benchfmt", r))
		_, lines, _ := strings.Cut(text, "\nBenchmark")
		for _, unit := range units {
			if strings.Contains(lines, " "+unit) == unusable {
				t.Errorf("benchfmt: unusable %t, %s:\n%s", unusable, unit, lines)
			}
		}
	}
}

// An unusable failure rate is left out, but the counts are shown.
func TestFailureLinesWithoutFailedRate(t *testing.T) {
	c := customCell(t, "echo", "tcp", 1, func(c *result.Config) { c.Model = "closed" })
	n := &c.Repetitions[0].Counters
	n.Due, n.Lost, n.Failed = 400, 8, 8
	for want, unusable := range map[string][]string{
		"tcp: 8 of 400 messages failed (2 %): 8 lost": nil,
		"tcp: 8 of 400 messages failed: 8 lost":       {result.FailedRateMetric},
	} {
		c.Repetitions[0].Validity.Unusable = unusable
		if got := FailureLines(c, 10); len(got) == 0 || got[0] != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
