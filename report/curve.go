package report

import (
	"fmt"
	"math"
	"strings"

	"rtbench/proto/quantity"
	"rtbench/report/capacity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// A watched is the time that a search watches: the first of the objective with a percentile, or p99.
type watched struct {
	name       string // p99, or ttft(99)
	percentile float64
	limit      float64 // of the objective, in nanoseconds; 0 for none
	quantity   quantity.Quantity
}

// watched returns the time that the search watches.
func (s search) watched() watched {
	for _, l := range s.Search.Limits {
		name, _, _ := strings.Cut(l.Metric, "(")
		switch q, known := quantity.Named(name); {
		case l.Percentile == 0:
		case !known || q == quantity.Response:
			return response(l.Percentile, l.Value)
		default:
			return watched{l.Metric, l.Percentile, l.Value, q}
		}
	}
	return response(99, 0)
}

// response is a percentile of the response times with a limit, which is 0 for none.
func response(p, limit float64) watched {
	return watched{result.MetricName(p), p, limit, quantity.Response}
}

// at returns the time at a point, and whether it is an upper bound; NaN if it is unknown.
func (w watched) at(point capacity.Point) (ns float64, atMost bool) {
	if w.quantity == quantity.Response {
		return point.Time(w.percentile)
	}
	v := metric.OfCell(point.Cell.Cell)(w.quantity, w.percentile)
	if v.Missing != "" {
		return math.NaN(), false
	}
	return v.Number, v.Unusable != ""
}

// table returns the capacities with the messages per second of CPU time of the server. As
// many columns are left out as the width has no room for.
func (s search) table(width int) *table {
	t := &table{}
	t.add("", axes[s.Search.Axis].head, "95 % interval", "per core", ranOutOf)
	for i, subject := range s.subjects {
		a := subject.Answer
		value, interval := result.Unknown, ""
		switch a.Kind {
		case capacity.Found:
			value, interval = s.load(a.Interval.At), s.load(a.Interval.Low)+" – "+s.load(a.Interval.High)
		case capacity.AtLeast:
			value = "≥ " + s.load(a.Interval.Low)
		case capacity.Below:
			value = "< " + s.load(a.Interval.High)
		}
		perCore := result.Unknown
		if point, ok := subject.AtObjective(); ok && !math.IsNaN(point.PerCore()) {
			perCore = result.Count(point.PerCore()) + "/s"
		}
		t.add(string(markOf(i))+" "+subject.Name, value, interval, perCore, subject.RanOut(s.Environment))
	}
	for t.width() > width && len(t.rows[0]) > 2 {
		for i, row := range t.rows {
			t.rows[i] = row[:len(row)-1]
		}
	}
	return t
}

// ranOutOf is the head of the last column: the cores that the server used, of those of the machine.
const ranOutOf = "ran out of"

func markOf(i int) rune { return curveMarks[i%len(curveMarks)] }

// pointTime formats a time at a point.
func pointTime(c capacity.Point, w watched) string {
	at, atMost := w.at(c)
	if atMost {
		return result.AtMost + result.Duration(at)
	}
	return result.Duration(at)
}

// plot draws the chart as text.
func (c LoadChart) plot(width int) plot {
	out := plot{
		title: c.Title, width: max(minWidth, min(width, 100)-14), height: 9, limit: c.Limit,
		formatX: c.Format, formatY: result.Duration,
	}
	if c.Limit > 0 {
		out.title += "; ╌ is the limit"
	}
	for i, of := range c.Curves {
		line := curve{mark: markOf(i)}
		for _, p := range of.Points {
			line.x, line.y = append(line.x, p.Load), append(line.y, p.Time)
		}
		out.curves = append(out.curves, line)
	}
	return out
}

// loadCharts prints the charts by load, with their legends.
func (p *printer) loadCharts(r *result.Result) {
	for _, c := range LoadCharts(r) {
		p.plot(c.plot(defaultWidth))
		var names []string
		for i, of := range c.Curves {
			names = append(names, string(markOf(i))+" "+of.Name)
		}
		p.printf("          %s\n", strings.Join(names, "  "))
	}
}

// points returns the table of a subject's curve.
func (s search) points(subject *capacity.Subject) *table {
	times := []watched{response(50, 0)}
	if w := s.watched(); w.name != times[0].name {
		times = append(times, w)
	}
	heads := []string{axes[s.Search.Axis].head, "steps"}
	for _, w := range times {
		heads = append(heads, w.name)
	}
	t := newTable(append(heads, "msg/s", "failed", "server cores", "client cores")...)
	for _, c := range subject.Points {
		row := []string{s.load(c.At), outcomes(c)}
		for _, w := range times {
			row = append(row, pointTime(c, w))
		}
		server, client := c.Cores()
		failed := metric.For(quantity.FailedRate).Value(c.Cell)
		t.add(append(row, metric.For(quantity.Throughput).Text(c.Cell), share(failed), cores(server), cores(client))...)
	}
	return t
}

func share(v float64) string {
	if math.IsNaN(v) {
		return result.Unknown
	}
	return fmt.Sprintf("%.2g %%", 100*v)
}

func cores(v float64) string {
	if math.IsNaN(v) {
		return result.Unknown
	}
	return fmt.Sprintf("%.2f", v)
}

// outcomes counts the outcomes of the steps at a point.
func outcomes(c capacity.Point) string {
	text := ""
	for _, o := range []capacity.Outcome{capacity.Met, capacity.Missed, capacity.Limited, capacity.Unusable} {
		switch n := c.Count(o); {
		case n == 1:
			text += ", " + string(o)
		case n > 1:
			text += fmt.Sprintf(", %d %s", n, o)
		}
	}
	if text == "" {
		return result.Unknown
	}
	return text[2:]
}
