package result

import (
	"fmt"
	"math"
	"time"
)

// ServerMetrics are metrics of a custom target that target.stats names, besides CPU and memory, in the steady phase.
type ServerMetrics struct {
	// Every is the planned time between two readings, and Readings their number. Late ones took longer than Every,
	// the longest of all Longest.
	Every    time.Duration `json:"every_ns"`
	Readings int           `json:"readings"`
	Late     int           `json:"late,omitempty"`
	Longest  time.Duration `json:"longest_ns"`
	// Bytes is the size of the largest answer of the exporter.
	Bytes int `json:"bytes,omitempty"`
	// Failed counts readings without an answer, for example because of Error.
	Failed int            `json:"failed,omitempty"`
	Error  string         `json:"error,omitempty"`
	Series []ServerSeries `json:"series,omitempty"`
}

// A ServerSeries is a metric under the name that the scenario gives it.
type ServerSeries struct {
	Name string `json:"name"`
	// Source is the selector of the series, or the control group or the processes.
	Source string `json:"source"`
	// Kind is counter, gauge, histogram, summary, cgroup or processes; empty if it was never seen.
	Kind string `json:"kind,omitempty"`
	// Matched is the number of series that the selector selected, which are summed.
	Matched int `json:"matched,omitempty"`
	// Resets counts how often a counter fell, because its process began again. Its increase is then a lower bound.
	Resets int `json:"resets,omitempty"`
	// Problem is the reason why values are missing or uncertain.
	Problem string        `json:"problem,omitempty"`
	Values  []ServerValue `json:"values,omitempty"`
}

// A ServerValue is one of the values of a series. Its name begins with that of the series.
type ServerValue struct {
	Name string `json:"name"`
	// Unit is ns, bytes, /s or ratio; empty for plain numbers.
	Unit   string `json:"unit,omitempty"`
	Value  Number `json:"value"`
	Better string `json:"better,omitempty"` // lower or higher; empty: unknown
	// AtMost reports that the value is an upper bound, AtLeast a lower one.
	AtMost  bool `json:"at_most,omitempty"`
	AtLeast bool `json:"at_least,omitempty"`
}

// Units of a ServerValue.
const (
	UnitTime  = "ns"
	UnitBytes = "bytes"
	UnitRate  = "/s"
	UnitRatio = "ratio"
)

// ServerValue returns a value of the server's own metrics by its name; nil if there is none.
func (r *Repetition) ServerValue(name string) *ServerValue {
	if r.ServerMetrics == nil {
		return nil
	}
	for i := range r.ServerMetrics.Series {
		for j := range r.ServerMetrics.Series[i].Values {
			if v := &r.ServerMetrics.Series[i].Values[j]; v.Name == name {
				return v
			}
		}
	}
	return nil
}

// ServerNumber returns a value of the server's own metrics; NaN if it is unknown.
func (r *Repetition) ServerNumber(name string) float64 {
	if v := r.ServerValue(name); v != nil {
		return float64(v.Value)
	}
	return math.NaN()
}

// PerMessageSuffix ends the name of a counter's increase per message, and PerSecondSuffix of that per second.
const (
	PerSecondSuffix  = "_per_s"
	PerMessageSuffix = "_per_message"
)

// CountPerMessage adds the increase per message to counters, from that per second.
func (r *Repetition) CountPerMessage() {
	if r.ServerMetrics == nil {
		return
	}
	messages := float64(r.served(r.Server)) / r.Phases.Steady.Seconds()
	for i := range r.ServerMetrics.Series {
		s := &r.ServerMetrics.Series[i]
		rate := r.ServerValue(s.Name + PerSecondSuffix)
		if s.Kind != "counter" || rate == nil || r.ServerValue(s.Name+PerMessageSuffix) != nil {
			continue
		}
		v := *rate
		v.Name = s.Name + PerMessageSuffix
		if v.Value = rate.Value / Number(messages); !(messages > 0) {
			v.Value = Number(math.NaN())
		}
		switch v.Unit {
		case UnitRatio: // seconds per second
			v.Unit, v.Value = UnitTime, v.Value*1e9
		case UnitRate:
			v.Unit = ""
		}
		s.Values = append(s.Values, v)
	}
}

// judgeServerMetrics finds readings of the server's own metrics that failed or are uncertain. They concern no other
// metric.
func judgeServerMetrics(v *Validity, r *Repetition) {
	m := r.ServerMetrics
	if m == nil {
		return
	}
	if m.Failed > 0 {
		v.addReason("", "server metrics: %d of %s failed: %s", m.Failed, Plural(m.Readings+m.Failed, "reading"), m.Error)
	}
	if m.Late > 0 {
		v.addReason("", "server metrics: %d of %s took longer than target.stats.every (%v), up to %v: a maximum may be missed",
			m.Late, Plural(m.Readings, "reading"), m.Every, m.Longest.Round(time.Millisecond))
	}
	for _, s := range m.Series {
		if s.Problem != "" {
			v.addReason("", "server metrics: %s: %s", s.Name, s.Problem)
		}
		if s.Resets > 0 {
			v.addReason("", "server metrics: %s fell %s, as after a restart of the server: its increase is at least the value shown", s.Name, Plural(s.Resets, "time"))
		}
	}
}

// FormatServerValue formats a value of the server's own metrics.
func FormatServerValue(unit string, v float64) string {
	switch {
	case math.IsNaN(v):
		return Unknown
	case unit == UnitTime:
		return Duration(v)
	case unit == UnitBytes:
		return Bytes(v)
	case unit == UnitRatio:
		return fmt.Sprintf("%.3g %%", 100*v)
	case v < 0:
		return "-" + Count(-v)
	case unit == UnitRate:
		return Count(v) + "/s"
	case v == math.Trunc(v) && v < 1000:
		return fmt.Sprintf("%.0f", v)
	}
	return Count(v)
}
