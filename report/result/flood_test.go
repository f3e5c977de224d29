package result

import (
	"math"
	"testing"
	"time"
)

// A flood's rate is that of the arrivals, and its CPU time is of what each side handled.
func TestFlood(t *testing.T) {
	c := openLoop()
	c.Model, c.Pattern, c.Stages = "closed", "push", nil
	r := syntheticRepetition(t, 1)
	r.Counters.Planned, r.Counters.Arrived, r.Client.Received = 0, 3900, 3900
	r.Validity = Judge(c, r, 2)
	for name, v := range map[string][2]float64{
		"throughput": {r.Throughput(), 1950}, "server CPU": {r.CPUPerMessage(r.Server), 32e6 / 4000.},
		"client CPU": {r.CPUPerMessage(r.Client), 40e6 / 3900.}, "wire": {r.WireBytesPerMessage(), 1_080_000 / 3900.},
	} {
		if math.Abs(v[0]-v[1]) > 1e-6 {
			t.Errorf("%s: %v, want %v", name, v[0], v[1])
		}
	}
	r.Counters.Arrived = 3000 // buffers were filling
	if r.Validity = Judge(c, r, 2); !math.IsNaN(r.Throughput()) || math.IsNaN(r.CPUPerMessage(r.Server)) || !hasFinding(r, Unsteady) {
		t.Errorf("4000 sent and 3000 arrived: throughput %v, %+v", r.Throughput(), r.Validity)
	}
}

// A generator that was too slow for a closed loop lowers its throughput: what came back in the phase is a lower
// bound.
func TestLeastThroughput(t *testing.T) {
	slow := Finding{Word: Limited, Kind: ReadSlowly, Unusable: []string{ThroughputMetric}}
	unsteady := Finding{Word: Limited, Kind: Unsteady, Unusable: []string{ThroughputMetric}}
	for name, c := range map[string]struct {
		findings []Finding
		arrived  uint64
		want     float64 // 0 for none
	}{
		"16 of 4000 replies may have come later": {[]Finding{slow}, 0, 1992},
		"3900 of a flood arrived":                {[]Finding{slow}, 3900, 1950},
		"4100 of a flood arrived":                {[]Finding{slow}, 4100, 2000},
		"known":                                  {nil, 0, 0},
		"unsteady":                               {[]Finding{slow, unsteady}, 0, 0},
	} {
		r := syntheticRepetition(t, 1)
		r.Counters.Arrived = c.arrived
		r.Validity = Validity{Findings: c.findings}
		if got := r.LeastThroughput(16); got != c.want && (c.want != 0 || !math.IsNaN(got)) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// CPU time that was read long after the end of the steady phase is not of the phase.
func TestReadLate(t *testing.T) {
	for late, known := range map[time.Duration]bool{90 * time.Millisecond: true, 110 * time.Millisecond: false} {
		r := syntheticRepetition(t, 1)
		r.Server.Late = late
		r.Validity = Judge(openLoop(), r, 2)
		if got := !math.IsNaN(r.CPUPerMessage(r.Server)); got != known || hasFinding(r, Busy) == known || math.IsNaN(r.CPUPerMessage(r.Client)) {
			t.Errorf("%v late: CPU known: %v, %+v", late, got, r.Validity)
		}
	}
}

func hasFinding(r *Repetition, k FindingKind) bool {
	for _, f := range r.Validity.Findings {
		if f.Kind == k {
			return true
		}
	}
	return false
}
