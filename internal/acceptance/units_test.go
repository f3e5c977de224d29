//go:build linux

package acceptance

import (
	"strings"
	"testing"
)

// A threshold that compares different units is rejected with its position, in files and flags,
// by every command that reads it.
func TestThresholdWithTheWrongUnit(t *testing.T) {
	t.Parallel()
	const head = "name: t\npattern: echo\nload: {rate: 1k/s}\n"
	s := newSession(t, map[string]string{
		"bare.yaml": head + "thresholds:\n  - lost == 0\n  - p(99)<20\n",
		"long.yaml": head + "thresholds: [{condition: base.mean < 20, window: 1s}]\n",
		"rate.yaml": head + "thresholds: [p(99) < 5k/s]\n",
		"size.yaml": head + "thresholds: [wire_bytes < 5ms]\n",
		"good.yaml": head + "thresholds: ['p(99)/p(50) < 3', 'p(99) - p(50) < 5ms', 'p(99) < 1.2 * base.p(99)', lost/sent < 0.01, throughput >= 4900]\n",
	})
	for file, want := range map[string]string{
		"bare.yaml": `bare.yaml:6:5: thresholds: "p(99)<20": a time needs a unit`,
		"long.yaml": "a time needs a unit; did you mean 20ms?",
		"rate.yaml": "p(99) is a time and 5k/s is a rate",
		"size.yaml": "wire_bytes is bytes and 5ms is a time",
	} {
		for _, command := range []string{"run", "scenario validate"} {
			o := s.rtbench(append(strings.Fields(command), file)...).wantCode(104)
			if !strings.Contains(o.Stderr, want) || strings.Count(strings.TrimSpace(o.Stderr), "\n") > 0 {
				t.Errorf("%s %s: %s\nwant %s", command, file, o.Stderr, want)
			}
		}
	}
	s.rtbench("scenario", "validate", "good.yaml").wantCode(0)
	o := s.rtbench("scenario", "validate", "good.yaml", "--set", "thresholds=max < 20").wantCode(104)
	if !strings.Contains(o.Stderr, "a time needs a unit; did you mean 20ms?") {
		t.Error(o.Stderr)
	}
}
