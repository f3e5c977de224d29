package report

import (
	"math"
	"time"

	"rtbench/report/capacity"
	"rtbench/report/result"
	"rtbench/report/stats"
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
	// Recovery is nil without --recover.
	Recovery *jsonRecovery `json:"recovery,omitempty"`
}

// A jsonRecovery is how a server recovered from overloads. Times are in nanoseconds, null if longer than Watched.
type jsonRecovery struct {
	Repetitions int `json:"repetitions"`
	// Limited counts the repetitions in which rtbench was at its own limit, and Why is the reason.
	Limited int           `json:"limited"`
	Why     string        `json:"why,omitempty"`
	Failed  int           `json:"failed,omitempty"` // with the server as a whole
	Backlog jsonEstimate  `json:"backlog"`
	Drained jsonEstimate  `json:"drained_ns"`
	Met     jsonEstimate  `json:"met_ns"`
	Watched time.Duration `json:"watched_ns"`
}

// A jsonEstimate is a median with its interval.
type jsonEstimate struct {
	Median     result.Number `json:"median"`
	Low        result.Number `json:"low"`
	High       result.Number `json:"high"`
	Confidence float64       `json:"confidence"`
}

func recoveryJSON(r *capacity.Recovery) *jsonRecovery {
	if r == nil {
		return nil
	}
	estimate := func(in stats.Interval) jsonEstimate {
		return jsonEstimate{result.Number(in.Median), result.Number(in.Low), result.Number(in.High), in.Confidence}
	}
	return &jsonRecovery{len(r.Runs), r.Limited, r.Why, r.Failed, estimate(r.Backlog), estimate(r.Drained), estimate(r.Met), r.Watched}
}

func capacitiesOf(r *result.Result) (out []jsonCapacity) {
	for _, s := range capacity.Subjects(r) {
		a := s.Answer
		j := jsonCapacity{
			Name: s.Name, Kind: a.Kind, Capacity: result.Number(a.Interval.At), Low: result.Number(a.Interval.Low), High: result.Number(a.Interval.High),
			Confidence: capacity.Confidence, Precise: a.Precise, Ceiling: result.Number(a.Ceiling), PerCore: result.Number(math.NaN()),
			RanOut: s.RanOut(r.Environment), Odd: a.Odd, Steps: s.Steps, Recovery: recoveryJSON(s.Recovery(r.Search)),
		}
		if p, ok := s.AtObjective(); ok {
			j.PerCore = result.Number(p.PerCore())
		}
		out = append(out, j)
	}
	return out
}
