package metric

import (
	"fmt"
	"math"
	"strings"

	"rtbench/proto/quantity"
	"rtbench/report/result"
)

// simple adapts a metric that does not depend on the configuration.
func simple(of func(*result.Repetition) float64) func(result.Config, *result.Repetition) float64 {
	return func(_ result.Config, r *result.Repetition) float64 { return of(r) }
}

// inFiles returns a count that conditions do not know.
func inFiles(name string) quantity.Quantity {
	return quantity.Quantity{Name: name, Dimension: quantity.Count}
}

// nonZero returns NaN for 0.
func nonZero[N ~int64 | ~float64](v N) float64 {
	if v == 0 {
		return math.NaN()
	}
	return float64(v)
}

func timed(name string) quantity.Quantity {
	return quantity.Quantity{Name: name, Dimension: quantity.Time}
}

// response returns a percentile of the times of a cell. Repetitions with a clustered tail are kept,
// because dropping them would favour calm ones.
func response(p float64, csv, bench string, views Views) Metric {
	name := result.MetricName(p)
	return Metric{
		Quantity: timed(name), Head: name, Label: name, CSV: csv, Bench: bench, Views: views, Percentile: p,
		of: simple(func(r *result.Repetition) float64 { return r.Time(p) }),
	}
}

// part returns a percentile of a part of the response time.
func part(name string, p float64, csv string, of func(*result.Repetition, float64) float64, ofCell func(Cell, float64) float64) Metric {
	name += " " + result.MetricName(p)
	return Metric{
		Quantity: timed(name), Head: name, Label: name, CSV: csv, Views: Curve, Percentile: p,
		of:     simple(func(r *result.Repetition) float64 { return of(r, p) }),
		ofCell: func(c Cell) float64 { return nonZero(ofCell(c, p)) },
	}
}

func service(p float64, csv string) Metric {
	return part("service", p, csv, (*result.Repetition).ServiceTime, Cell.ServicePercentile)
}

func lag(p float64, csv string) Metric {
	return part("lag", p, csv, func(r *result.Repetition, p float64) float64 { return result.Nanoseconds(r.Lag.Percentile(p)) }, Cell.LagPercentile)
}

// A side selects the resources of the server or of the client.
type side func(*result.Repetition) result.Resources

func server(r *result.Repetition) result.Resources { return r.Server }
func client(r *result.Repetition) result.Resources { return r.Client }

func memory(name string, crowd bool, of side, format func(float64) string, value func(of result.Resources, streams int, c result.Config) float64, views Views) Metric {
	return Metric{
		Quantity: quantity.Quantity{Name: name, Dimension: quantity.Bytes}, Head: name, Label: name, Views: views, crowd: crowd, format: format,
		of: func(c result.Config, r *result.Repetition) float64 { return value(of(r), r.Streams(c), c) },
	}
}

func residentMemory(of result.Resources, _ int, _ result.Config) float64 {
	return nonZero(of.RSSBytes)
}

func memoryPerStream(of result.Resources, streams int, _ result.Config) float64 {
	return result.MemoryPerStream(of, streams)
}

func memoryPerConnection(of result.Resources, streams int, c result.Config) float64 {
	return result.MemoryPerStream(of, streams) * float64(c.Streams)
}

func count(q quantity.Quantity, missing func(*result.Repetition) string, of func(result.Counters) uint64) Metric {
	return Metric{
		Quantity: q, CSV: q.Name, Missing: missing,
		of: simple(func(r *result.Repetition) float64 { return float64(of(r.Counters)) }),
	}
}

// arrivals returns a metric of unsolicited messages.
func arrivals(csv, head string, d quantity.Dimension, of func(*result.Arrivals) float64) Metric {
	ofAny := func(a *result.Arrivals) float64 {
		if a == nil {
			return math.NaN()
		}
		return of(a)
	}
	m := Metric{
		Quantity: quantity.Quantity{Name: csv, Dimension: d}, Head: head, Label: head, CSV: csv,
		of:     simple(func(r *result.Repetition) float64 { return ofAny(r.Arrivals) }),
		ofCell: func(c Cell) float64 { return ofAny(c.Arrivals) },
	}
	if head != "" {
		m.Views = Arrivals
	}
	return m
}

// answers returns a count of requests or their answers.
func answers(csv string, of func(*result.Answers) float64) Metric {
	ofAny := func(a *result.Answers) float64 {
		if a == nil {
			return math.NaN()
		}
		return of(a)
	}
	return Metric{
		Quantity: inFiles(csv), CSV: csv,
		of:     simple(func(r *result.Repetition) float64 { return ofAny(r.Answers) }),
		ofCell: func(c Cell) float64 { return ofAny(c.Answers) },
	}
}

// answerTime returns a percentile of a time of answers.
func answerTime(q quantity.Quantity, p float64) Metric {
	name := strings.ToUpper(q.Name)
	if q == quantity.Answer {
		name = q.Name
	}
	m := ofAnswers(timed(q.Name+"_"+result.MetricName(p)), name+" "+result.MetricName(p), q, p)
	m.CSV = m.Name + "_ns"
	return m
}

// ofAnswers returns the metric of a quantity of answers that is known only from enough values, and if percentile p of
// the times is usable.
func ofAnswers(as quantity.Quantity, head string, q quantity.Quantity, p float64) Metric {
	known := func(a *result.Answers, usable bool) float64 {
		v, _ := answerValue(a, q, p)
		if !usable || v.Missing != "" {
			return math.NaN()
		}
		return v.Number
	}
	return Metric{
		Quantity: as, Head: head, Label: head, Views: GateOnRequest, answers: true,
		of:     simple(func(r *result.Repetition) float64 { return known(r.Answers, r.UsableTime(p)) }),
		ofCell: func(c Cell) float64 { return known(c.Answers, c.UsableInAll(p)) },
	}
}

// gap returns a percentile of the gaps between messages on a stream. In cells whose times are gaps
// it is that of the times.
func gap(p float64, csv string) Metric {
	m := arrivals(csv, "gap "+result.MetricName(p), quantity.Time, func(a *result.Arrivals) float64 {
		return result.Nanoseconds(a.Gap.Percentile(p))
	})
	repetition, cell := m.of, m.ofCell
	m.of = func(c result.Config, r *result.Repetition) float64 {
		if c.Times == result.TimesGap && !r.UsableTime(p) {
			return math.NaN()
		}
		return repetition(c, r)
	}
	m.ofCell = func(c Cell) float64 {
		if c.Config.Times == result.TimesGap {
			return result.Nanoseconds(c.Percentile(c.Response, p))
		}
		return cell(c)
	}
	return m
}

// oneWay returns a percentile of one-way times, for CSV.
func oneWay(p float64, csv string) Metric {
	return Metric{Quantity: timed(csv), CSV: csv, of: func(c result.Config, r *result.Repetition) float64 {
		if c.Times != result.TimesOneWay {
			return math.NaN()
		}
		return r.Time(p)
	}}
}

// Reasons for missing values of a repetition.

func noneDue(r *result.Repetition) string {
	if r.Counters.Due == 0 {
		return "no message was due in the steady phase"
	}
	return ""
}

func nothingHappened(r *result.Repetition) string {
	if r.Counters.ErrorCount() > 0 {
		return ""
	}
	return noneDue(r)
}

func serverUnknown(r *result.Repetition) string {
	if !r.Server.Known {
		return "the server does not report its resource use (target.stats)"
	}
	return ""
}

func dropsUnknown(r *result.Repetition) string {
	if !r.Server.Known || r.Server.Source != "" {
		return "the server does not report it"
	}
	return ""
}

// fewMessages explains a percentile that needs more messages.
func fewMessages(n int64, noun string, p float64) string {
	if n == 0 {
		return "no messages"
	}
	return fmt.Sprintf("%d %s, p%g needs %d", n, noun, p, result.SamplesFor(p))
}
