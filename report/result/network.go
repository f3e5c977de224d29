package result

import "time"

// A Relay describes the process that emulated the network, from its start to its end.
type Relay struct {
	Connections int64         `json:"connections"`
	Bytes       int64         `json:"bytes"` // in both directions
	Stalls      int64         `json:"stalls"`
	Resets      int64         `json:"resets"`
	CPU         time.Duration `json:"cpu_ns"`
	// Late is how much later than planned the relay delivered data.
	Late Histogram `json:"late_ns,omitzero"`
}

// addRelay adds the relay of a share.
func (r *Repetition) addRelay(o *Relay) {
	if o == nil {
		return
	}
	if r.Network == nil {
		r.Network = &Relay{}
	}
	sum := r.Network
	sum.Connections, sum.Bytes, sum.Stalls, sum.Resets = sum.Connections+o.Connections, sum.Bytes+o.Bytes, sum.Stalls+o.Stalls, sum.Resets+o.Resets
	sum.CPU += o.CPU
	sum.Late.Merge(o.Late)
}

// judgeNetwork finds the percentiles of which more than 5 % may be the lateness of the emulated network,
// once each way.
func judgeNetwork(v *Validity, r *Repetition) {
	if r.Network == nil {
		return
	}
	for _, p := range timeMetrics {
		all, known := r.Response.Percentile(p)
		late, measured := r.Network.Late.Percentile(p)
		if !known || !measured || p >= Maximum || 40*late <= all {
			continue
		}
		v.add(Finding{Word: Limited, Kind: NetworkLate, Unusable: timesFrom(p), AtMost: true},
			"the emulated network was late: up to %s of the %s of %s is its own delay", formatDuration(2*late), MetricName(p), formatDuration(all))
		return
	}
}
