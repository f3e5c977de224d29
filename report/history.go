package report

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// A HistorySection holds the comparable results of a scenario: same machine, same scenario file,
// same configuration of every cell.
type HistorySection struct {
	Scenario string
	Machine  string
	// Differences names the differences from the previous section of the scenario; empty for the
	// first.
	Differences string
	Series      []HistorySeries
	// Results are in chronological order. LeftOut counts older ones that were left out.
	Results []result.Named
	LeftOut int
	setting setup
}

// A HistorySeries is a metric of a cell.
type HistorySeries struct {
	Cell, Metric string
	// Values has the median over the repetitions for each result; NaN if the cell has no result or
	// the metric is unknown.
	Values  []float64
	Changes []stats.Change // in the known values
	format  func(float64) string
}

// Parameters of stats.Changes. Ten values are the fewest that can reach the level: of the 252 ways
// to choose five of ten, two look as extreme as a clean step. (In simulations, a step of ten
// standard deviations is found in 65 % of series of 10, 92 % of 11 and all of 12.) Two hundred
// results with 60 series take seconds; the time grows quadratically.
const (
	historyMinResults   = 10
	historyMaxResults   = 200
	historyMinSegment   = 3
	historyLevel        = 0.01
	historyPermutations = 499
)

// HistoryOf groups results, given in chronological order, into series and looks for change points.
// Searches are left out. It is deterministic.
func HistoryOf(results []result.Named) []*HistorySection {
	var sections []*HistorySection
	last := map[string]*HistorySection{} // by scenario
	bySetting := map[setup]*HistorySection{}
	for _, n := range results {
		if n.Result.Search != nil { // its loads depend on the outcomes of its steps
			continue
		}
		for _, name := range ScenarioNames(n.Result) {
			key := setupOf(n.Result, name)
			s := bySetting[key]
			if s == nil {
				s = &HistorySection{Scenario: name, Machine: key.machine(), setting: key}
				if before := last[name]; before != nil {
					s.Differences = key.differences(before.setting)
				}
				bySetting[key], last[name] = s, s
				sections = append(sections, s)
			}
			s.Results = append(s.Results, n)
		}
	}
	for _, s := range sections {
		s.LeftOut = max(0, len(s.Results)-historyMaxResults)
		s.Results = s.Results[s.LeftOut:]
		s.fill()
	}
	return sections
}

// fill builds the series of the section, whose results all have the same cells in the same order.
func (s *HistorySection) fill() {
	for _, n := range s.Results {
		next := 0
		for _, c := range n.Result.Cells {
			if c.Config.Scenario != s.Scenario {
				continue
			}
			for i, v := range historyValues(c) {
				if next == len(s.Series) {
					m := metric.In(metric.History)[i].In(c.Config)
					s.Series = append(s.Series, HistorySeries{Cell: c.ID, Metric: m.Head, format: m.Format})
				}
				s.Series[next].Values = append(s.Series[next].Values, v)
				next++
			}
		}
	}
	for i := range s.Series {
		s.Series[i].findChanges()
	}
}

// historyValues returns the medians of the metrics. It decodes the histograms, which ReadAll
// leaves encoded, once for all metrics.
func historyValues(c *result.Cell) []float64 {
	decoded := &result.Cell{Config: c.Config}
	if !c.Discarded() {
		for _, r := range c.Repetitions {
			one := *r
			one.Response = result.Wrap(r.Response.HDR())
			decoded.Repetitions = append(decoded.Repetitions, &one)
		}
	}
	var out []float64
	for _, m := range metric.In(metric.History) {
		out = append(out, stats.Median(m.Values(decoded)))
	}
	return out
}

// sparkWidth is the maximum number of results in a sparkline.
const sparkWidth = 40

func (s *HistorySeries) sparkline() string {
	return result.Sparkline(s.Values[max(0, len(s.Values)-sparkWidth):], 0)
}

// known returns the known values, and their indices in Values.
func (s *HistorySeries) known() (values []float64, at []int) {
	for i, v := range s.Values {
		if !math.IsNaN(v) {
			values, at = append(values, v), append(at, i)
		}
	}
	return values, at
}

func (s *HistorySeries) findChanges() {
	if values, _ := s.known(); len(values) >= historyMinResults {
		rng := rand.New(rand.NewPCG(1, 1)) // deterministic
		s.Changes = stats.Changes(values, historyMinSegment, historyLevel, historyPermutations, rng)
	}
}

// A setup is everything that results must have in common to form a series.
type setup struct {
	scenario string
	parts    [6]string // as setupParts
}

var setupParts = [...]string{
	"the system", "the kernel", "the CPU", "the number of cores", "the scenario's file", "the cells or their configuration",
}

// machineParts is the number of parts that describe the machine.
const machineParts = 4

func setupOf(r *result.Result, scenario string) setup {
	s := setup{scenario: scenario}
	copy(s.parts[:machineParts], describeMachine(r.Environment))
	for _, sc := range r.Scenarios {
		if sc.Name == scenario {
			s.parts[4] += sc.Source
		}
	}
	for _, c := range r.Cells {
		if c.Config.Scenario == scenario {
			b, _ := json.Marshal(c.Config) // it was decoded from JSON
			s.parts[5] += c.ID + string(b)
		}
	}
	return s
}

func (s setup) machine() string { return strings.Join(s.parts[:machineParts], ", ") }

func (s setup) differences(before setup) string {
	var parts []string
	for i, what := range setupParts {
		if s.parts[i] != before.parts[i] {
			parts = append(parts, what)
		}
	}
	return strings.Join(parts, ", ")
}
