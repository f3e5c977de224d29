package cli

import (
	"errors"
	"testing"

	"rtbench/report/regression"
	"rtbench/report/stats"
)

func TestSelfTestAnswer(t *testing.T) {
	for _, c := range []struct {
		equal, slower stats.Outcome
		code          int
	}{
		{stats.Pass, stats.Regression, exitOK},
		{stats.Inconclusive, stats.Regression, exitInconclusive},
		{stats.Pass, stats.Inconclusive, exitInconclusive},
		{stats.Pass, stats.Pass, exitInconclusive},
		{stats.Regression, stats.Regression, exitRegression},
	} {
		err := selfTestError(regression.Comparison{Outcome: c.equal}, regression.Comparison{Outcome: c.slower}, 0.1)
		code := exitOK
		if coded := (exitCodeError{}); errors.As(err, &coded) {
			code = coded.code
		}
		if code != c.code {
			t.Errorf("equals %s, slower %s: exit code %d, want %d", c.equal, c.slower, code, c.code)
		}
	}
}
