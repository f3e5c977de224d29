package regression

import (
	"math"

	"rtbench/report/result"
	"rtbench/report/stats"
)

// pairsOfNoise is the gate that a noise is said of: one of ten pairs.
const pairsOfNoise = 10

// Noise is what a machine shows where nothing has changed, figure by figure. The
// zero value knows nothing.
type Noise struct {
	Figures []FigureNoise `json:"figures"`
}

// FigureNoise is the noise of one figure of one cell.
type FigureNoise struct {
	Cell   string `json:"cell"`
	Figure string `json:"figure"`
	// Config is the cell's, since the noise of another load is another one.
	Config result.Config `json:"config"`
	// Noise is how far from 1 the ratio of a gate of ten pairs is, in 95 of 100
	// gates of a target against itself: 0.02 is 2 %.
	Noise float64 `json:"noise"`
	// Pairs is how many it was measured with.
	Pairs int `json:"pairs"`
}

// MeasureNoise takes the noise from pairs of a target against itself. A figure
// with fewer than six pairs is left out.
func MeasureNoise(base, head *result.Result, figures []Figure) Noise {
	var n Noise
	for _, p := range points(base, head, figures) {
		logs := logRatios(p.base, p.head, p.figure)
		if spread, ok := noiseOf(logs); ok {
			n.Figures = append(n.Figures, FigureNoise{
				Cell: p.base.ID, Figure: p.figure.Name, Config: p.base.Config, Noise: spread, Pairs: len(logs),
			})
		}
	}
	return n
}

// Of is the noise of a figure of a cell, and whether it is known.
func (n Noise) Of(c *result.Cell, f Figure) (noise float64, known bool) {
	return n.find(c.Config, f.Name)
}

func (n Noise) find(c result.Config, figure string) (noise float64, known bool) {
	for _, e := range n.Figures {
		if e.Figure == figure && e.Config.SameLoad(c) {
			return e.Noise, true
		}
	}
	return 0, false
}

// noiseOf turns the log-ratios of equals into the noise of a gate: their spread
// about their median, as the standard deviation of a normal distribution with
// that median absolute deviation (1.4826·MAD; Rousseeuw and Croux 1993), brought
// to the Hodges-Lehmann estimate of ten pairs (its efficiency is 3/π) at 95 %.
// A gate that is off by more is no better than its median, so the larger counts.
func noiseOf(logs []float64) (noise float64, ok bool) {
	var finite []float64
	for _, l := range logs {
		if !math.IsNaN(l) && !math.IsInf(l, 0) {
			finite = append(finite, l)
		}
	}
	if len(finite) < 6 {
		return 0, false
	}
	centre := stats.Median(finite)
	away := make([]float64, len(finite))
	for i, l := range finite {
		away[i] = math.Abs(l - centre)
	}
	sd := 1.4826 * stats.Median(away)
	return math.Expm1(math.Max(1.96*sd*math.Sqrt(math.Pi/3/pairsOfNoise), math.Abs(stats.HodgesLehmann(finite)))), true
}

// betweenNeighbours is the noise as base alone shows it: each repetition against
// the one before. 0 where there are too few.
func betweenNeighbours(base *result.Cell, f Figure) float64 {
	var logs []float64
	values := base.Values(f.Value)
	for i := 1; i < len(values); i++ {
		logs = append(logs, math.Log(values[i]/values[i-1]))
	}
	noise, _ := noiseOf(logs)
	return noise
}

// Finest is the finest floor that the machine supports for figures of these
// cells, twice the largest noise, and the figure that sets it. It is 0 where
// nothing is known.
func (n Noise) Finest(cells []*result.Cell, figures []Figure) (floor float64, cell, figure string) {
	for _, c := range cells {
		for _, f := range figures {
			if noise, known := n.Of(c, f); known && f.of(c.Config) && 2*noise > floor {
				floor, cell, figure = 2*noise, c.ID, f.Name
			}
		}
	}
	return floor, cell, figure
}
