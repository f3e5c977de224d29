package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rtbench/report/capacity"
	"rtbench/report/metric"
	"rtbench/report/regression"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// JUnit writes JUnit XML as read by Jenkins, GitLab and GitHub reporters (elements and attributes
// as in https://github.com/testmoapp/junitxml). A suite is a scenario. A cell has a case for its
// measurement (none that is usable is a failure, a failed repetition an error; others pass with their
// findings) and one for each threshold. Missing data fails: a case of suite "rtbench" fails without
// cells and is an error if the run was interrupted, and cells or scenarios without repetitions fail.
// A search has a case for each capacity instead. JUnit returns w's error.
func JUnit(w io.Writer, r *result.Result) error {
	doc := &junitSuites{Name: "rtbench", Time: seconds(r.Elapsed)}
	doc.add(junitSuite{Name: "rtbench", Cases: []junitCase{runCase(r)}}, r)
	if r.Search != nil {
		doc.add(capacitySuite(r), r)
		return doc.write(w)
	}
	for _, name := range ScenarioNames(r) {
		s := junitSuite{Name: name}
		for _, c := range r.Cells {
			if c.Config.Scenario == name {
				s.Cases = append(s.Cases, measuredCase(c))
				s.Cases = append(s.Cases, thresholdCases(c)...)
			}
		}
		if len(s.Cases) == 0 {
			s.Cases = []junitCase{newCase(name, "has cells").failing("nothing was measured", "not measured", "the scenario has no cells")}
		}
		doc.add(s, r)
	}
	return doc.write(w)
}

// capacitySuite returns a case for each capacity that was searched. It fails if the objective is missed
// at the lowest load, and is an error if nothing is known.
func capacitySuite(r *result.Result) junitSuite {
	s, suite := searchOf(r), junitSuite{Name: "capacity"}
	for _, subject := range s.subjects {
		c := newCase("capacity", subject.Name+": "+r.Search.Objective)
		text := subject.Name + " " + s.takes(subject, true)
		switch subject.Answer.Kind {
		case capacity.Below:
			c = c.failing(text, "threshold", text)
		case capacity.Unknown:
			c.Error = &junitProblem{text, "unknown", subject.WhyUnknown()}
		default:
			c.Output = text
		}
		suite.Cases = append(suite.Cases, c)
	}
	return suite
}

// runCase returns the case for the whole run. It is always there, so no document is empty.
func runCase(r *result.Result) junitCase {
	c := newCase("run", "the run is complete")
	c.Time, c.Output = seconds(r.Elapsed), Insecure(r)
	switch {
	case len(r.Cells) == 0:
		return c.failing("nothing was measured", "not measured", "the result has no cells")
	case r.Unfinished:
		c.Error = &junitProblem{"the run did not end", "unfinished", "it was killed or is still going; the result has only its completed repetitions"}
	case r.Interrupted:
		c.Error = &junitProblem{"the run was interrupted", "interrupted", "the result has only the measurements until then"}
	}
	return c
}

func measuredCase(c *result.Cell) junitCase {
	var took time.Duration
	var failed, lines []string
	usable := 0
	for _, rep := range c.Repetitions {
		if !rep.Validity.Discarded && rep.Counters.Recorded > 0 {
			usable++
		}
		p := rep.Phases
		took += p.Connect + p.Warmup + p.Steady + p.Drain
		if rep.Error != "" {
			failed = append(failed, fmt.Sprintf("repetition %d failed: %s", rep.Index+1, rep.Error))
		}
	}
	message := "no usable measurement"
	for i, f := range findingsOf(c) {
		text := fmt.Sprintf("repetition %d, %s: %s", f.repetition.Index+1, f.Word.Title(), f.text)
		if lines = append(lines, text); i == 0 {
			message = text
		}
	}
	if c.Config.API == result.CustomAPI || slices.ContainsFunc(c.Repetitions, func(r *result.Repetition) bool { return r.Counters.Failed > 0 }) {
		lines = append(lines, FailureLines(c, PageExample)...)
	}
	var notes []string
	for _, line := range NoteLines(c, PageExample) {
		notes = append(notes, "note: "+line)
	}
	text := strings.Join(lines, "\n")
	out := newCase(c.Config.Scenario, c.ID+" is measured")
	out.Time, out.Output = seconds(took), strings.Join(notes, "\n")
	switch {
	case len(c.Repetitions) == 0:
		return out.failing("nothing was measured", "not measured", "the cell has no repetitions")
	case len(failed) > 0:
		out.Error = &junitProblem{failed[0], "failed", text}
	case c.Discarded() || usable == 0 || !metric.Merge(c).Reported(): // a repetition may lack findings
		return out.failing(message, "not measured", text)
	default:
		out.Output = strings.Join(append(lines, notes...), "\n")
	}
	return out
}

// thresholdCases returns a case for each threshold of the cell with the observed values.
func thresholdCases(c *result.Cell) []junitCase {
	var out []junitCase
	for _, t := range (&result.Result{Cells: []*result.Cell{c}}).Thresholds() {
		k := newCase(c.Config.Scenario, c.ID+": "+t.Text)
		cell := t.Cells[0]
		if t.Holds {
			k.Output = worstValue(t)
			out = append(out, k)
			continue
		}
		var lines []string
		for _, rep := range c.Repetitions {
			for _, o := range rep.Thresholds {
				if o.Text == t.Text && !o.Holds {
					lines = append(lines, fmt.Sprintf("repetition %d: %s: %s", rep.Index+1, o.Text, observed(o)))
				}
			}
		}
		kind := "threshold"
		if t.Unknown() {
			kind = "unknown"
		}
		message := fmt.Sprintf("%s: %s", observed(cell.Worst), failedIn(cell))
		out = append(out, k.failing(message, kind, strings.Join(lines, "\n")))
	}
	return out
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// comparisonJUnit writes a case per metric and cell. A regression fails. An inconclusive outcome
// fails too, or is skipped with --allow-inconclusive, like the exit code. A cell that was not compared
// fails unless base lacks it, and so does a comparison without cells.
func comparisonJUnit(w io.Writer, c regression.Comparison) error {
	doc := &junitSuites{Name: "rtbench"}
	s := junitSuite{Name: "regression"}
	for _, l := range c.Lines {
		one := newCase("regression", l.Cell+" "+l.Metric)
		one.Output = fmt.Sprintf("ratio %.3f, %.1f %% interval [%.3f, %.3f], floor %.3f, n = %d",
			float64(l.Ratio), 100*l.Confidence, float64(l.Low), float64(l.High), 1+l.Floor, l.N)
		text := strings.Join(append([]string{one.Output}, whyCell(c, l.Cell)...), "\n")
		problem := &junitProblem{fmt.Sprintf("%s of %s: %s", l.Metric, l.Cell, l.Outcome), string(l.Outcome), text}
		switch l.Outcome {
		case stats.Regression:
			one.Failure = problem
		case stats.Pass:
		default:
			if one.Failure = problem; c.AllowInconclusive {
				one.Skipped, one.Failure = problem, nil
			}
		}
		s.Cases = append(s.Cases, one)
	}
	for _, n := range c.NotCompared {
		one := newCase("regression", n.Cell+" is compared").failing(fmt.Sprintf("%s was not compared: %s", n.Cell, n.Why), "missing", "")
		if n.HeadOnly() {
			one.Skipped, one.Failure = one.Failure, nil
		}
		s.Cases = append(s.Cases, one)
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
