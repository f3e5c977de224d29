package metric

import (
	"math"
	"slices"
	"strings"

	"rtbench/proto/quantity"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// ServerPrefix begins the names of the server's own metrics.
const ServerPrefix = "server."

// Server returns the rows of the server's own metrics that any repetition of the cells has, in their order.
func Server(cells ...*result.Cell) []Metric {
	var list []Metric
	for _, c := range cells {
		for _, r := range c.Repetitions {
			if r.ServerMetrics == nil {
				continue
			}
			for _, s := range r.ServerMetrics.Series {
				for _, v := range s.Values {
					if m := OfServer(v.Name, v.Unit, v.Better); !slices.ContainsFunc(list, func(o Metric) bool { return o.Name == m.Name }) {
						list = append(list, m)
					}
				}
			}
		}
	}
	return list
}

// OfServer returns the row of one of the server's own metrics.
func OfServer(name, unit, better string) Metric {
	name = strings.TrimPrefix(name, ServerPrefix)
	head := strings.NewReplacer(result.PerSecondSuffix, "/s", result.PerMessageSuffix, "/msg", "_", " ").Replace(name)
	return Metric{
		Quantity: quantity.Quantity{Name: ServerPrefix + name, Dimension: dimensionOf(unit), Higher: better == "higher"},
		Head:     head, Label: head, CSV: ServerPrefix + name,
		of:     simple(func(r *result.Repetition) float64 { return r.ServerNumber(name) }),
		format: func(v float64) string { return result.FormatServerValue(unit, v) }, Undirected: better == "",
	}
}

func dimensionOf(unit string) quantity.Dimension {
	switch unit {
	case result.UnitTime:
		return quantity.Time
	case result.UnitBytes:
		return quantity.Bytes
	case result.UnitRatio:
		return quantity.Ratio
	}
	return quantity.Count
}

// ServerText formats one of the server's own metrics of a cell with its interval; bounds are marked.
func (m Metric) ServerText(c Cell) string {
	name, mark := strings.TrimPrefix(m.Name, ServerPrefix), ""
	for _, r := range c.Usable() {
		switch v := r.ServerValue(name); {
		case v == nil:
		case v.AtMost:
			mark = result.AtMost
		case v.AtLeast:
			mark = result.AtLeast
		}
	}
	in := stats.MedianInterval(m.Values(c.Cell), Confidence)
	if math.IsNaN(in.Median) {
		return result.Unknown
	}
	text := mark + m.Format(in.Median)
	if in.N > 1 {
		text += " [" + m.Format(in.Low) + ", " + m.Format(in.High) + "]"
	}
	return text
}

// serverValue returns the value of one of the server's own metrics for a condition.
func serverValue(q quantity.Quantity, r *result.Repetition) quantity.Value {
	name := strings.TrimPrefix(q.Name, ServerPrefix)
	v := r.ServerValue(name)
	switch {
	case v == nil:
		return quantity.Value{Number: math.NaN(), Missing: whyNoServerValue(name, r)}
	case v.AtMost:
		return quantity.Value{Number: float64(v.Value), Unusable: "it is the upper bound of a bucket", AtMost: true, Low: math.NaN()}
	case v.AtLeast:
		return quantity.Value{Number: float64(v.Value), Unusable: "the counter fell, as after a restart of the server"}
	}
	return quantity.Value{Number: float64(v.Value)}
}

// whyNoServerValue explains a missing value of a series: its problem, or the names that it has.
func whyNoServerValue(name string, r *result.Repetition) string {
	if r.ServerMetrics == nil {
		return "the server's metrics were not read"
	}
	for _, s := range r.ServerMetrics.Series {
		if !strings.HasPrefix(name, s.Name+"_") {
			continue
		}
		if s.Problem != "" {
			return s.Problem
		}
		var names []string
		for _, v := range s.Values {
			names = append(names, ServerPrefix+v.Name)
		}
		return s.Name + " is a " + s.Kind + ", which has " + result.Conjoin(names)
	}
	return "the server's metrics do not have it"
}

// ServerUnit returns the unit of a value of the server's own metrics, and whether it is known that more or less of it
// is better, as the cells of a result say.
func ServerUnit(name string, cells []*result.Cell) (unit, better string, known bool) {
	name = strings.TrimPrefix(name, ServerPrefix)
	for _, c := range cells {
		for _, r := range c.Repetitions {
			if v := r.ServerValue(name); v != nil {
				return v.Unit, v.Better, true
			}
		}
	}
	return "", "", false
}
