package report

import (
	"fmt"
	"io"
	"math"
	"slices"

	"rtbench/report/result"
	"rtbench/report/stats"
)

// History writes the metrics of stored results over time, given in chronological order: a table and
// the change points for each scenario and machine. It is advisory and gives no verdict. It returns
// w's error.
func History(w io.Writer, results []result.Named) error {
	p := &printer{w: w}
	if len(results) == 0 {
		p.printf("There are no results.\n")
		return p.err
	}
	sections := HistoryOf(results)
	searched := 0
	for i, s := range sections {
		if i > 0 {
			p.printf("\n")
		}
		searched += p.historySection(s)
	}
	if searched > 0 {
		p.printf("\nAdvisory: a change point shows that a metric changed, not why; a busier machine can cause one.\n")
		p.printf("Each has p ≤ %g within its series; of %d series, about %.1f show one by chance.\n",
			historyLevel, searched, historyLevel*float64(searched))
	}
	return p.err
}

// historySection prints a section and returns the number of series searched for changes.
func (p *printer) historySection(s *HistorySection) (searched int) {
	n := len(s.Results)
	p.printf("%s: %s, %s to %s, on %s\n", oneLine(s.Scenario), resultCount(n), day(s.Results[0]), day(s.Results[n-1]), oneLine(s.Machine))
	if s.LeftOut > 0 {
		p.printf("%d older results are left out\n", s.LeftOut)
	}
	if s.Differences != "" {
		p.printf("separate from the results above; differences: %s\n", s.Differences)
	}
	p.printf("medians over the repetitions; · marks a cell without a result or an unknown value\n\n")
	p.printf("%s", s.table().text())
	if n < historyMinResults {
		verb := "are"
		if n == 1 {
			verb = "is"
		}
		p.printf("\n%s %s too few to detect a change point; %d are needed\n", resultCount(n), verb, historyMinResults)
		return 0
	}
	found, few := 0, 0
	for _, series := range s.Series {
		if values, _ := series.known(); len(values) < historyMinResults {
			few++
		}
		for _, c := range series.Changes {
			if found++; found == 1 {
				p.printf("\nChange points\n")
			}
			p.printf("  %s\n", series.describe(c, s.Results))
		}
	}
	if found == 0 && few < len(s.Series) {
		p.printf("\nNo change point\n")
	}
	if few > 0 {
		p.printf("\n%d of %d series have fewer than %d usable results, too few to detect a change point\n", few, len(s.Series), historyMinResults)
	}
	return len(s.Series) - few
}

func resultCount(n int) string { return result.Plural(n, "result") }

func day(n result.Named) string { return n.Result.Started.Format("2006-01-02") }

func (s *HistorySection) table() *table {
	trend := "oldest → newest"
	if len(s.Results) > sparkWidth {
		trend = fmt.Sprintf("the newest %d", sparkWidth)
	}
	t := newTable("cell and metric", "usable", "lowest", "median", "highest", "newest", trend)
	for _, series := range s.Series {
		values, _ := series.known()
		lowest, highest := math.NaN(), math.NaN()
		if len(values) > 0 {
			lowest, highest = slices.Min(values), slices.Max(values)
		}
		row := []string{oneLine(series.Cell) + " " + series.Metric, fmt.Sprint(len(values))}
		for _, v := range []float64{lowest, stats.Median(values), highest, series.Values[len(series.Values)-1]} {
			row = append(row, series.format(v))
		}
		t.add(append(row, series.sparkline())...)
	}
	return t
}

// describe describes a change in one of the results.
func (s *HistorySeries) describe(c stats.Change, results []result.Named) string {
	_, known := s.known()
	first := results[known[c.At]]
	return fmt.Sprintf("%s of %s changed from %s to %s (%s) at the %s of %d results, %s %s, p = %.3g",
		s.Metric, oneLine(s.Cell), s.format(c.Before), s.format(c.After), Ratio(c.After/c.Before),
		ordinal(c.At+1), len(known), day(first), oneLine(first.Dir), c.P)
}

func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprint(n) + suffix
}
