package regression

import (
	"math"

	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// Noise is the variation of metrics on a machine without any change. The zero value means that it
// is unknown.
type Noise struct {
	Metrics []MetricNoise `json:"metrics"`
}

// MetricNoise is the noise of a metric of a cell.
type MetricNoise struct {
	Cell   string `json:"cell"`
	Metric string `json:"metric"`
	// Config is the cell's configuration, since noise depends on the load.
	Config result.Config `json:"config"`
	// Spread is the standard deviation of the log-ratio of a pair of identical targets. Offset is
	// its centre if it differs significantly from 0, for example because the second side is always
	// slower.
	Spread float64 `json:"spread"`
	Offset float64 `json:"offset"`
	// Pairs is the number of pairs measured.
	Pairs int `json:"pairs"`
}

// Of returns the deviation from 1 that the ratio of a gate of that many pairs exceeds with
// probability 5 % if a target is compared with itself; 0.02 is 2 %. The Hodges-Lehmann estimate of
// n pairs has standard deviation Spread · √(π/3n), since its efficiency is 3/π for normal pairs.
// More pairs do not reduce the offset.
func (m MetricNoise) Of(pairs int) float64 {
	scatter := 1.96 * m.Spread * math.Sqrt(math.Pi/3/float64(max(1, pairs)))
	return math.Expm1(math.Max(scatter, math.Abs(m.Offset)))
}

// MeasureNoise estimates the noise from pairs of a target against itself. Metrics with fewer than
// six pairs are left out.
func MeasureNoise(base, head *result.Result, metrics []metric.Metric) Noise {
	var n Noise
	for _, p := range points(base, head, metrics) {
		if m, ok := noiseOf(samples(logRatios(p.base, p.head, p.metric), 1)); ok {
			m.Cell, m.Metric, m.Config = p.base.ID, p.metric.Name, p.base.Config
			n.Metrics = append(n.Metrics, m)
		}
	}
	return n
}

// Of returns the noise of a metric of a cell, and whether it is known.
func (n Noise) Of(c *result.Cell, m metric.Metric) (noise MetricNoise, known bool) {
	return n.find(c.Config, m.In(c.Config).Name)
}

func (n Noise) find(c result.Config, name string) (noise MetricNoise, known bool) {
	for _, e := range n.Metrics {
		if e.Metric == name && e.Config.SameLoad(c) {
			return e, true
		}
	}
	return MetricNoise{}, false
}

// noiseOf estimates the spread of log-ratios about their median as 1.4826 times the median absolute
// deviation (Rousseeuw and Croux 1993), which is robust against a few bad pairs.
func noiseOf(logs []float64) (noise MetricNoise, ok bool) {
	finite, _ := stats.Finite(logs)
	if len(finite) < 6 {
		return MetricNoise{}, false
	}
	centre := stats.Median(finite)
	deviations := make([]float64, len(finite))
	for i, l := range finite {
		deviations[i] = math.Abs(l - centre)
	}
	noise = MetricNoise{Spread: 1.4826 * stats.Median(deviations), Pairs: len(finite)}
	if in := stats.HodgesLehmannInterval(finite, 0.99); in.Confidence >= 0.99 && (in.Low > 0 || in.High < 0) {
		noise.Offset = in.Median
	}
	return noise, true
}

// noiseOfNeighbours estimates the noise from consecutive repetitions of base, each on one of so many machines
// in turn: of those on the same one. It is 0 if there are too few.
func noiseOfNeighbours(base *result.Cell, m metric.Metric, machines int) MetricNoise {
	var logs []float64
	value, before := onTime(m, base.Config), make([]float64, machines)
	for _, r := range base.Usable() {
		last, now := &before[r.Index%machines], value(r)
		if math.IsNaN(now) {
			continue
		}
		if *last > 0 {
			logs = append(logs, math.Log(now / *last))
		}
		*last = now
	}
	noise, _ := noiseOf(logs)
	noise.Offset = 0 // drift, which pairs cancel
	return noise
}

// Finest returns the finest floor that the machine supports for these cells and metrics in a gate
// of that many pairs, which is twice the largest noise, and the cell and metric that determine it.
// It is 0 if nothing is known.
func (n Noise) Finest(cells []*result.Cell, metrics []metric.Metric, pairs int) (floor float64, cell, name string) {
	for _, c := range cells {
		for _, m := range metrics {
			if noise, known := n.Of(c, m); known && m.Measures(c.Config) && 2*noise.Of(pairs) > floor {
				floor, cell, name = 2*noise.Of(pairs), c.ID, m.In(c.Config).Name
			}
		}
	}
	return floor, cell, name
}
