package report

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"
	"strings"

	"rtbench/report/result"
)

// CSV writes a line per repetition. Times are in nanoseconds; unknown values are empty. Gaps and
// one-way times have their own columns; the response time columns are then empty.
func CSV(w io.Writer, r *result.Result) error {
	c := csv.NewWriter(w)
	head := []string{"cell", "protocol", "pattern", "repetition", "order", "verdict"}
	for _, f := range csvNumbers {
		head = append(head, f.name)
	}
	for _, t := range csvTexts {
		head = append(head, t.name)
	}
	_ = c.Write(head) // Flush returns the first error
	for _, cell := range r.Cells {
		for _, rep := range cell.Repetitions {
			row := []string{
				cell.ID, cell.Config.Protocol, cell.Config.Pattern,
				strconv.Itoa(rep.Index + 1), strconv.Itoa(rep.Order + 1), string(rep.Validity.Verdict),
			}
			for _, f := range csvNumbers {
				text := ""
				if csvApplies(f.name, cell.Config, rep) {
					text = orEmpty(f.value(rep))
				}
				row = append(row, text)
			}
			for _, t := range csvTexts {
				row = append(row, t.value(cell, rep))
			}
			_ = c.Write(row)
		}
	}
	c.Flush()
	return c.Error()
}

var csvNumbers = []struct {
	name  string
	value func(*result.Repetition) float64
}{
	{"response_p50_ns", func(r *result.Repetition) float64 { return r.Time(50) }},
	{"response_p90_ns", func(r *result.Repetition) float64 { return r.Time(90) }},
	{"response_p99_ns", func(r *result.Repetition) float64 { return r.Time(99) }},
	{"response_p999_ns", func(r *result.Repetition) float64 { return r.Time(99.9) }},
	{"response_max_ns", func(r *result.Repetition) float64 { return r.Time(result.Maximum) }},
	{"service_p50_ns", func(r *result.Repetition) float64 { return r.ServiceTime(50) }},
	{"service_p99_ns", func(r *result.Repetition) float64 { return r.ServiceTime(99) }},
	{"lag_p99_ns", func(r *result.Repetition) float64 { return nsOrNaN(r.Lag.Percentile(99)) }},
	{"throughput_per_s", (*result.Repetition).Throughput},
	{"server_cpu_ns_per_message", func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Server) }},
	{"client_cpu_ns_per_message", func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Client) }},
	{"wire_bytes_per_message", (*result.Repetition).WireBytesPerMessage},
	{"planned", func(r *result.Repetition) float64 { return float64(r.Counters.Planned) }},
	{"due", func(r *result.Repetition) float64 { return float64(r.Counters.Due) }},
	{"sent", func(r *result.Repetition) float64 { return float64(r.Counters.Sent) }},
	{"not_sent", func(r *result.Repetition) float64 { return float64(r.Counters.NotSent) }},
	{"recorded", func(r *result.Repetition) float64 { return float64(r.Counters.Recorded) }},
	{"lost", func(r *result.Repetition) float64 { return float64(r.Counters.Lost) }},
	{"error_replies", func(r *result.Repetition) float64 { return float64(r.Counters.ErrorReplies) }},
	{"failed", func(r *result.Repetition) float64 { return float64(r.Counters.Failed) }},
	{"failed_rate", (*result.Repetition).FailedRate},
	{"errors", func(r *result.Repetition) float64 { return float64(r.Counters.ErrorCount()) }},
	{"duplicates", func(r *result.Repetition) float64 { return float64(r.Counters.Duplicates) }},
	{"out_of_order", func(r *result.Repetition) float64 { return float64(r.Counters.OutOfOrder) }},
	{"corrupt", func(r *result.Repetition) float64 { return float64(r.Counters.Corrupt) }},
	{"dropped", func(r *result.Repetition) float64 { return float64(r.Counters.Dropped) }},
	{"clamped", func(r *result.Repetition) float64 { return float64(r.Counters.Clamped) }},
	{"reopened", func(r *result.Repetition) float64 { return float64(r.Counters.Reopened) }},
	{"unopened", func(r *result.Repetition) float64 { return float64(r.Counters.Unopened) }},
	{"unmatched", func(r *result.Repetition) float64 { return float64(r.Counters.Unmatched) }},
	{"after", func(r *result.Repetition) float64 { return float64(r.Counters.After) }},
	{"first_p50_ns", arrivalValue(func(a *result.Arrivals) float64 { return nsOrNaN(a.First.Percentile(50)) })},
	{"first_p99_ns", arrivalValue(func(a *result.Arrivals) float64 { return nsOrNaN(a.First.Percentile(99)) })},
	{"first_max_ns", arrivalValue(func(a *result.Arrivals) float64 { return orNaN(float64(a.First.Max())) })},
	{"gap_p50_ns", arrivalValue(func(a *result.Arrivals) float64 { return nsOrNaN(a.Gap.Percentile(50)) })},
	{"gap_p99_ns", arrivalValue(func(a *result.Arrivals) float64 { return nsOrNaN(a.Gap.Percentile(99)) })},
	{"gap_max_ns", arrivalValue(func(a *result.Arrivals) float64 { return orNaN(float64(a.Gap.Max())) })},
	{"stalls", arrivalValue(func(a *result.Arrivals) float64 { return float64(a.Stalls) })},
	{"longest_silence_ns", arrivalValue(func(a *result.Arrivals) float64 { return orNaN(float64(a.Longest)) })},
	{"stamped", arrivalValue(func(a *result.Arrivals) float64 { return float64(a.Stamped) })},
	{"bunched", arrivalValue(func(a *result.Arrivals) float64 { return float64(a.Bunched) })},
	{"published", func(r *result.Repetition) float64 { return float64(r.Counters.Published) }},
}

// csvApplies reports whether a column applies to a repetition: response_ columns do not apply to
// gaps and one-way times, gap_ columns not to unusable gaps.
func csvApplies(name string, c result.Config, r *result.Repetition) bool {
	if strings.HasPrefix(name, "response_") {
		return c.Times == ""
	}
	p, gap := map[string]float64{"gap_p50_ns": 50, "gap_p99_ns": 99, "gap_max_ns": result.Maximum}[name]
	return !gap || c.Times != result.TimesGap || r.UsableTime(p)
}

// arrivalValue returns a metric of arrivals; NaN without arrivals.
func arrivalValue(metric func(*result.Arrivals) float64) func(*result.Repetition) float64 {
	return func(r *result.Repetition) float64 {
		if r.Arrivals == nil {
			return math.NaN()
		}
		return metric(r.Arrivals)
	}
}

var csvTexts = []struct {
	name  string
	value func(*result.Cell, *result.Repetition) string
}{
	{"one_way_p50_ns", oneWayText(func(r *result.Repetition) float64 { return r.Time(50) })},
	{"one_way_p99_ns", oneWayText(func(r *result.Repetition) float64 { return r.Time(99) })},
	{"one_way_max_ns", oneWayText(func(r *result.Repetition) float64 { return r.Time(result.Maximum) })},
	{"times", func(c *result.Cell, _ *result.Repetition) string { return c.Config.TimeName() }},
	{"client_pauses", func(_ *result.Cell, r *result.Repetition) string { return strconv.FormatUint(r.ClientPauses.Count, 10) }},
	{"client_paused_ns", func(_ *result.Cell, r *result.Repetition) string {
		return strconv.FormatInt(int64(r.ClientPauses.Total), 10)
	}},
	{"unusable", func(_ *result.Cell, r *result.Repetition) string { return strings.Join(r.Validity.Unusable, " ") }},
	{"insecure", func(c *result.Cell, _ *result.Repetition) string { return strconv.FormatBool(c.Config.Insecure) }},
	{"server_source", func(_ *result.Cell, r *result.Repetition) string { return oneLine(r.Server.Source) }},
	{"thresholds", func(_ *result.Cell, r *result.Repetition) string {
		var parts []string
		for _, o := range r.Thresholds {
			mark := "✗"
			if o.Holds {
				mark = "✓"
			}
			parts = append(parts, mark+" "+o.Text+": "+observed(o))
		}
		return oneLine(strings.Join(parts, " | "))
	}},
	{"failures", func(c *result.Cell, r *result.Repetition) string {
		one := &result.Cell{Config: c.Config, Repetitions: []*result.Repetition{r}}
		return strings.Join(FailureLines(one, PageExample), " | ")
	}},
}

// oneWayText returns a metric of one-way times; empty for other times.
func oneWayText(metric func(*result.Repetition) float64) func(*result.Cell, *result.Repetition) string {
	return func(c *result.Cell, r *result.Repetition) string {
		if c.Config.Times != result.TimesOneWay {
			return ""
		}
		return orEmpty(metric(r))
	}
}
