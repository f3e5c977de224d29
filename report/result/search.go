package result

import "time"

// A Search is the plan of a search for the highest load that meets an objective. Each step is a repetition
// of the cell with its load; Repetition.Order tells their order.
type Search struct {
	Objective string `json:"objective"`
	// Limits are the upper bounds in the objective, such as p(99) < 10ms.
	Limits []SearchLimit `json:"limits,omitempty"`
	// Axis is the key that varies, such as load.rate: from Start, at least Least and at most Most. Bound is
	// the reason why Most is not higher; empty if the language has no higher value.
	Axis  string  `json:"axis"`
	Start float64 `json:"start"`
	Least float64 `json:"least"`
	Most  float64 `json:"most"`
	Bound string  `json:"bound,omitempty"`
	Whole bool    `json:"whole,omitempty"` // integers only
	// Precision is the half-width of the interval, as a share of the capacity, at which the search ends;
	// Steps the maximum number of steps of each load that is searched.
	Precision float64 `json:"precision"`
	Steps     int     `json:"steps"`
	Seed      uint64  `json:"seed"`
	// Recover is the plan of the overloads after the search; nil for none.
	Recover *SearchRecovery `json:"recover,omitempty"`
	// Agents is the number of agents that ran each step together; 0: this process did.
	Agents int `json:"agents,omitempty"`
}

// A SearchRecovery is a plan of repetitions after a search that show how a server recovers from an overload.
type SearchRecovery struct {
	// Factor is the rate of the overload as a multiple of the capacity found, and Below that of the time after it.
	Factor float64 `json:"factor"`
	Below  float64 `json:"below"`
	// For is the length of the overload.
	For         time.Duration `json:"overload_ns"`
	Repetitions int           `json:"repetitions"`
}

// A SearchLimit is the upper bound of a metric in an objective.
type SearchLimit struct {
	Metric string `json:"metric"` // as in the objective, such as p(99)
	// Quantity is the quantity of conditions that the metric is one of, such as p.
	Quantity string  `json:"quantity"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit,omitempty"` // as in Observed
	// Percentile is that of a time; 0 for other metrics.
	Percentile float64 `json:"percentile,omitempty"`
	// InWindows reports that the bound applies to each of several parts of a step, not to all of it.
	InWindows bool `json:"in_windows,omitempty"`
}
