//go:build linux

package acceptance

import (
	"path/filepath"
	"strings"
	"testing"

	"rtbench/report/result"
)

// An outcome is the output, the exit code and the directory of one run of rtbench.
type outcome struct {
	t              *testing.T
	Dir            string
	Stdout, Stderr string
	Code           int
}

// wantCode fails the test unless rtbench exited with the code.
func (o outcome) wantCode(code int) outcome {
	o.t.Helper()
	if o.Code != code {
		o.t.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", o.Code, code, o.Stdout, o.Stderr)
	}
	return o
}

// wantMeasured fails the test unless a run was measured. On a busy machine it may be unusable.
func (o outcome) wantMeasured() outcome {
	o.t.Helper()
	if o.Code == 113 {
		return o
	}
	return o.wantCode(0)
}

// wantNoSecret fails the test if the output or a file of the result contains a secret.
func (o outcome) wantNoSecret(dir, secret string) {
	o.t.Helper()
	if strings.Contains(o.Stdout+o.Stderr, secret) {
		o.t.Errorf("%q is printed:\n%s\n%s", secret, o.Stdout, o.Stderr)
	}
	for name, text := range files(o.t, o.Dir+"/"+dir) {
		if strings.Contains(text, secret) {
			o.t.Errorf("%q is in %s", secret, name)
		}
	}
}

// wantThreshold fails the test unless the threshold has that outcome and the output shows it
// with the observed value.
func (o outcome) wantThreshold(text string, holds bool, observed string) {
	o.t.Helper()
	for _, got := range o.only().Thresholds {
		if got.Text == text && got.Holds != holds {
			o.t.Errorf("%s holds: %v, want %v; %+v", text, got.Holds, holds, got)
		}
	}
	mark := "✓ "
	for _, got := range o.only().Thresholds {
		if got.Text == text && !holds {
			mark = map[bool]string{true: "? ", false: "✗ "}[got.Unknown]
		}
	}
	for line := range strings.Lines(o.Stdout) {
		if strings.Contains(line, mark+text+": ") && strings.Contains(line, observed) {
			return
		}
	}
	o.t.Errorf("no line has %q and %q:\n%s", mark+text, observed, o.Stdout)
}

// result reads the result in a directory relative to the session's.
func (o outcome) result(dir string) *result.Result {
	o.t.Helper()
	r, err := result.Read(filepath.Join(o.Dir, dir))
	if err != nil {
		o.t.Fatalf("%v\nstdout:\n%s\nstderr:\n%s", err, o.Stdout, o.Stderr)
	}
	return r
}

// only returns the one repetition of the result in r.
func (o outcome) only() *result.Repetition {
	o.t.Helper()
	return o.result("r").Cells[0].Repetitions[0]
}

// counters returns the counters of the only repetition of each cell, by protocol.
func counters(r *result.Result) map[string]result.Counters {
	all := map[string]result.Counters{}
	for _, c := range r.Cells {
		all[c.Config.Protocol] = c.Repetitions[0].Counters
	}
	return all
}

// wantBalance fails the test unless every due message is accounted for once.
func wantBalance(t *testing.T, n result.Counters) {
	t.Helper()
	if n.Due == 0 || n.Due != n.Recorded+n.Failed || n.Failed != n.NotSent+n.Lost+n.ErrorReplies {
		t.Errorf("the counts do not add up: %+v", n)
	}
}
