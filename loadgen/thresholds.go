package loadgen

import (
	"rtbench/report/result"
	"rtbench/scenarios"
)

// holdThresholds evaluates a scenario's thresholds for one repetition.
func holdThresholds(s *scenarios.Scenario, r *result.Repetition) []result.Outcome {
	quantile := func(h result.Histogram) func(float64) float64 {
		return func(p float64) float64 { return float64(h.Quantile(p)) }
	}
	var broken uint64
	for _, n := range r.Counters.Errors {
		broken += n
	}
	n := r.Counters
	f := scenarios.Figures{
		P: quantile(r.Response), Service: quantile(r.Service), Lag: quantile(r.Lag),
		Max: float64(r.Response.Max()), Mean: r.Response.Mean(), Throughput: r.Throughput(),
		Sent: float64(n.Sent), Received: float64(n.Recorded), Lost: float64(n.Lost), Duplicates: float64(n.Duplicates),
		OutOfOrder: float64(n.OutOfOrder), Corrupt: float64(n.Corrupt), Dropped: float64(n.Dropped), Errors: float64(broken),
		ServerCPU: r.CPUPerMessage(r.Server), ClientCPU: r.CPUPerMessage(r.Client), WireBytes: r.WireBytesPerMessage(),
	}
	var out []result.Outcome
	for _, t := range s.Thresholds {
		held, err := t.Holds(f)
		o := result.Outcome{Text: t.Text, Holds: held}
		if err != nil {
			o.Error = err.Error()
		}
		out = append(out, o)
	}
	return out
}
