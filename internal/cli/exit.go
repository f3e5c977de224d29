package cli

import (
	"cmp"
	"fmt"
	"slices"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// Exit codes. 99, 104 and 105 are k6's.
const (
	exitOK           = 0
	exitFailed       = 1
	exitUsage        = 2
	exitThreshold    = 99
	exitScenario     = 104
	exitInterrupted  = 105
	exitRegression   = 111
	exitInconclusive = 112
	exitInvalid      = 113
	exitAgentLost    = 114
	exitNoBaseline   = 115
)

// exitCodeError is an error with an exit code.
type exitCodeError struct {
	error
	code int
}

func (e exitCodeError) Unwrap() error { return e.error }

func usageError(format string, args ...any) error {
	return exitCodeError{fmt.Errorf(format, args...), exitUsage}
}

func exitError(code int, format string, args ...any) error {
	return exitCodeError{fmt.Errorf(format, args...), code}
}

// runError returns the exit code for a result; nil for success.
func runError(res *result.Result) error {
	broken, counts, unknown, aborted, lost, refused := false, false, 0, "", "", ""
	for _, c := range res.Cells {
		for _, r := range c.Repetitions {
			aborted, lost = cmp.Or(r.Aborted, aborted), cmp.Or(lost, r.Lost())
			if r.NotBegun {
				refused = r.Error
			}
			for _, o := range r.Thresholds {
				broken = broken || !o.Holds
				if o.Unknown {
					unknown++
				}
				counts = counts || !o.Holds && o.CountsOnly && o.Error == ""
			}
		}
	}
	switch {
	case lost != "":
		return exitError(exitAgentLost, "%s%s", lost, resultHint(res))
	case aborted != "":
		return exitError(exitThreshold, "stopped early: threshold failed: %s", aborted)
	case res.Interrupted:
		return exitError(exitInterrupted, "interrupted")
	case refused != "":
		return exitError(exitFailed, "%s", refused)
	case neverOpened(res):
		return exitError(exitFailed, "no stream could be opened%s", resultHint(res))
	case counts: // counts are valid even if the times are not
		return exitError(exitThreshold, "threshold failed")
	case res.Discarded() || nothingReported(res):
		return exitError(exitInvalid, "no usable measurement (reasons at the top)%s", resultHint(res))
	case broken && unknown > 0:
		return exitError(exitThreshold, "threshold failed or unknown (“?” above: a metric is not reported, or only bounded)")
	case broken:
		return exitError(exitThreshold, "threshold failed")
	}
	return nil
}

// runError is runError for a run that may be strict.
func (v viewFlags) runError(res *result.Result) error {
	if err := runError(res); err != nil || !v.strict {
		return err
	}
	for c, r := range res.Repetitions() {
		if u := r.Validity.Unusable; len(u) > 0 {
			return exitError(exitInvalid, "%s of %s, repetition %d, is not reported or only bounded: %s (--strict)", u[0], c.ID, r.Index+1, r.WhyUnusable(u[0]))
		}
	}
	return nil
}

// nothingReported reports whether a cell has no metric to report.
func nothingReported(res *result.Result) bool {
	return slices.ContainsFunc(res.Cells, func(c *result.Cell) bool { return !metric.Merge(c).Reported() })
}

// neverOpened reports whether no stream was opened in any repetition.
func neverOpened(res *result.Result) bool {
	return len(res.Cells) > 0 && !slices.ContainsFunc(res.Cells, func(c *result.Cell) bool { return !c.NeverOpened() })
}
