package report

import (
	"math"

	"rtbench/report/capacity"
	"rtbench/report/result"
)

// A jsonCapacity is the answer of a search for one subject, for programs.
type jsonCapacity struct {
	Name string        `json:"name"`
	Kind capacity.Kind `json:"kind"`
	// Capacity is on the axis of the search, between Low and High with the given confidence.
	Capacity   result.Number `json:"capacity"`
	Low        result.Number `json:"low"`
	High       result.Number `json:"high"`
	Confidence float64       `json:"confidence"`
	Precise    bool          `json:"precise"`
	// Ceiling is rtbench's own limit, null if it was not reached.
	Ceiling result.Number `json:"ceiling"`
	PerCore result.Number `json:"messages_per_core_second"`
	RanOut  string        `json:"ran_out_of,omitempty"`
	// Odd are the loads that contradict a monotone response.
	Odd   []float64 `json:"not_monotone_at,omitempty"`
	Steps int       `json:"steps"`
}

func capacitiesOf(r *result.Result) (out []jsonCapacity) {
	for _, s := range capacity.Subjects(r) {
		a := s.Answer
		j := jsonCapacity{
			Name: s.Name, Kind: a.Kind, Capacity: result.Number(a.Interval.At), Low: result.Number(a.Interval.Low), High: result.Number(a.Interval.High),
			Confidence: capacity.Confidence, Precise: a.Precise, Ceiling: result.Number(a.Ceiling), PerCore: result.Number(math.NaN()),
			RanOut: s.RanOut(r.Environment), Odd: a.Odd, Steps: s.Steps,
		}
		if p, ok := s.AtObjective(); ok {
			j.PerCore = result.Number(p.PerCore())
		}
		out = append(out, j)
	}
	return out
}
