package regression_test

import (
	"testing"

	"rtbench/report/metric"
	"rtbench/report/regression"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// watched returns a result whose repetitions have a mean of the queue.
func watched(means ...float64) *result.Result {
	c := &result.Cell{ID: "a"}
	for i, mean := range means {
		r := &result.Repetition{Index: i, ServerMetrics: &result.ServerMetrics{Series: []result.ServerSeries{{
			Name: "queue", Kind: "gauge", Values: []result.ServerValue{{Name: "queue_mean", Value: result.Number(mean)}},
		}}}}
		c.Repetitions = append(c.Repetitions, r)
	}
	return &result.Result{Cells: []*result.Cell{c}}
}

// The server's own metrics regress in their direction; values of 0 have no ratio, and decide nothing.
func TestServerMetricsRegress(t *testing.T) {
	t.Parallel()
	low, high, zero := []float64{10, 10.1, 10, 9.9, 10, 10.1, 9.9, 10}, []float64{20, 20.1, 20, 19.9, 20, 20.1, 19.9, 20}, make([]float64, 8)
	for _, c := range []struct {
		direction  string
		base, head []float64
		want       stats.Outcome
	}{
		{"lower", low, high, stats.Regression},
		{"higher", low, high, stats.Pass},
		{"higher", high, low, stats.Regression},
		{"lower", low, low, stats.Pass},
		{"lower", zero, low, stats.Inconclusive},
	} {
		metrics, err := regression.MetricsNamed([]string{"server.queue_mean:" + c.direction})
		if err != nil {
			t.Fatal(err)
		}
		g := regression.Gate{Metrics: metrics, Floor: 0.05, Rule: stats.Rule{Level: 0.05, Looks: []int{8}}}
		if got := g.Decide(watched(c.base...), watched(c.head...)); got.Outcome != c.want || got.Lines[0].Metric != metric.ServerPrefix+"queue_mean" {
			t.Errorf("%s, %v to %v: %+v, want %v", c.direction, c.base, c.head, got, c.want)
		}
	}
}
