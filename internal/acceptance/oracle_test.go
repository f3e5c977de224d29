//go:build linux

package acceptance

import (
	"testing"

	"rtbench/report/oracle"
)

// Faults that change the number of arriving messages have exact counts, separately for the
// warm-up.
func TestCountsOfKnownFaults(t *testing.T) {
	t.Parallel()
	for _, c := range oracle.Cases {
		if c.Name != "lose" && c.Name != "duplicate" && c.Name != "swap" {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, map[string]string{"known.yaml": `name: known
protocols: [tcp, sse]
pattern: [echo, push]
load: {rate: 400/s, connections: 8}
payload: {size: 128, encoding: text}
phases: {warmup: 400ms, steady: 600ms, drain: 500ms}
`})
			address := serve(t, "--fault", c.Fault).Control
			o := s.rtbench("run", "known.yaml", "--quiet", "--target", address, "--out", "r")
			for _, cell := range o.result("r").Cells {
				for _, row := range c.Check(cell, nil) {
					if !row.Within {
						t.Errorf("%s: %s is %v, want %v (%s)", cell.ID, row.Metric, row.Measured, row.Want, row.Formula)
					}
				}
			}
		})
	}
}
