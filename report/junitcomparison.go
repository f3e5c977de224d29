package report

import (
	"fmt"
	"io"

	"rtbench/report/regression"
	"rtbench/report/stats"
)

// comparisonJUnit writes a case per metric and cell. A regression fails. An inconclusive outcome is
// skipped, or fails with --strict, like the exit code. A cell that was not compared fails, and so
// does a comparison without cells.
func comparisonJUnit(w io.Writer, c regression.Comparison) error {
	doc := &junitSuites{Name: "rtbench"}
	s := junitSuite{Name: "regression"}
	for _, l := range c.Lines {
		one := newCase("regression", l.Cell+" "+l.Metric)
		one.Output = fmt.Sprintf("ratio %.3f, %.1f %% interval [%.3f, %.3f], floor %.3f, n = %d",
			float64(l.Ratio), 100*l.Confidence, float64(l.Low), float64(l.High), 1+l.Floor, l.N)
		problem := &junitProblem{fmt.Sprintf("%s of %s: %s", l.Metric, l.Cell, l.Outcome), string(l.Outcome), one.Output}
		switch l.Outcome {
		case stats.Regression:
			one.Failure = problem
		case stats.Pass:
		default:
			if one.Skipped = problem; c.Strict {
				one.Skipped, one.Failure = nil, problem
			}
		}
		s.Cases = append(s.Cases, one)
	}
	for _, n := range c.NotCompared {
		s.Cases = append(s.Cases, newCase("regression", n.Cell+" is compared").failing(fmt.Sprintf("%s was not compared: %s", n.Cell, n.Why), "missing", ""))
	}
	if len(c.Lines) == 0 {
		s.Cases = append(s.Cases, newCase("regression", "something was compared").failing("nothing was compared", string(c.Outcome), "no cell has a metric on both sides"))
	}
	if c.Withheld != "" {
		s.Cases = append(s.Cases, newCase("regression", "the runs can be judged").failing(c.Withheld, string(c.Outcome), ""))
	}
	doc.append(s)
	doc.Time = seconds(0)
	return doc.write(w)
}
