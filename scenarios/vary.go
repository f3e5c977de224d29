package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"rtbench/proto"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// A NumericAxis is an axis of numbers that a search varies.
type NumericAxis struct {
	Path        string  // load.rate
	Start       float64 // the scenario's value, or the first of its list
	Least, Most float64
	Whole       bool // integers only
}

// NumericAxes returns the paths of the axes that Varies accepts.
func NumericAxes() (paths []string) {
	spec.Walk(new(Cell).Keys(), func(path string, k spec.Key) {
		if numeric(k) {
			paths = append(paths, path)
		}
	})
	return paths
}

func numeric(k spec.Key) bool {
	limits := k.Value.Scalar
	return k.Value.Set != nil && len(limits) > 0 && (limits[0].Type == "integer" || k.Name == "rate")
}

// Varies returns the range of an axis in s, or an error if s cannot vary it.
func (s *Scenario) Varies(path string) (NumericAxis, error) {
	a := NumericAxis{Path: path}
	if len(s.Groups) > 0 {
		return a, fmt.Errorf("%s of a scenario with groups, which have loads of their own; expected one without", path)
	}
	keys := s.Keys()
	k, found := spec.Find(keys, path)
	if !found || !numeric(k) {
		return a, fmt.Errorf("%s is no numeric axis; expected one of %s%s", spec.Quote(path), strings.Join(NumericAxes(), ", "), spec.Nearest(path, NumericAxes()...))
	}
	a.Whole, a.Least, a.Most = true, 1, maxStreams
	if l := k.Value.Scalar[0]; l.Type == "integer" {
		a.Least, a.Most = *l.Least, *l.Most
	}
	switch path {
	case "load.rate":
		a.Start, a.Whole, a.Most = s.Rate, false, spec.MaxRate
		switch {
		case s.Model != cell.Open:
			return a, fmt.Errorf("load.rate in a closed loop; expected `load.model: open`, or another axis such as load.connections")
		case len(s.Stages) > 0:
			return a, fmt.Errorf("load.rate with load.stages; expected no stages")
		}
	case "load.connections":
		if len(s.axes["load.topology"]) > 1 {
			return a, fmt.Errorf("load.connections with several load.topology, which are the same for few connections; expected one")
		}
		a.Start, a.Most = float64(s.Connections), min(a.Most, float64(maxStreams/s.Streams))
	case "load.streams":
		a.Start, a.Most = float64(s.Streams), min(a.Most, float64(maxStreams/s.Connections))
		if i := slices.IndexFunc(s.Protocols, func(p string) bool { return !proto.Multiplexes(p) }); i >= 0 {
			return a, fmt.Errorf("load.streams over %s, which carries one stream per connection; expected only protocols that multiplex, or load.connections", s.Protocols[i])
		}
	case "payload.size":
		a.Start = float64(s.Size)
		if slices.ContainsFunc(values(s, "payload.encoding", s.Encoding), func(e string) bool { return e != "binary" }) {
			a.Least = max(a.Least, proto.TextHeaderSize)
		}
		if s.API == cell.Custom {
			return a, fmt.Errorf("payload.size with a custom target, whose messages have their size; expected another axis such as load.rate")
		}
	}
	return a, nil
}

// At returns the scenario with one value on an axis that it varies. The IDs of its cells name the value.
func (s *Scenario) At(a NumericAxis, x float64) *Scenario {
	at := *s
	at.axes = maps.Clone(s.axes)
	at.varied = a.Path
	var value any = x
	if a.Whole {
		value = int(x)
	}
	at.axes[a.Path] = []any{value}
	k, _ := spec.Find(at.Keys(), a.Path)
	k.Value.Set(value)
	return &at
}
