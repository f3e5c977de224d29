package metric

import (
	"fmt"
	"math"
	"strings"
	"time"

	"rtbench/proto/quantity"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// Times are the distributions that conditions name.
type Times struct{ Response, Service, Lag result.Histogram }

// value returns a quantity of the times, and false for other quantities. Percentiles need enough
// messages.
func (t Times) value(q quantity.Quantity, p float64) (v quantity.Value, ok bool) {
	h, ok := t.of(q)
	if !ok {
		return v, false
	}
	if q == quantity.Max {
		p = result.Maximum
	}
	v.Number = result.Nanoseconds(h.Quantile(p), h.Count() > 0)
	if q == quantity.Mean {
		v.Number = h.Mean()
	}
	if q.Distribution && h.Count() < result.SamplesFor(p) {
		v.Missing = fewMessages(h.Count(), "messages", p)
	}
	return v, true
}

// of returns the distribution of a quantity, and false for one that is not of the times.
func (t Times) of(q quantity.Quantity) (h result.Histogram, ok bool) {
	switch q {
	case quantity.Response, quantity.Mean, quantity.Max:
		return t.Response, true
	case quantity.Service:
		return t.Service, true
	case quantity.Lag:
		return t.Lag, true
	}
	return h, false
}

// Distribution returns the values whose percentiles a quantity of conditions is. It is empty for a quantity without
// percentiles.
func Distribution(r *result.Repetition, q quantity.Quantity) result.Histogram {
	if !q.Distribution {
		return result.Histogram{}
	}
	if h, ok := (Times{r.Response, r.Service, r.Lag}).of(q); ok {
		return h
	}
	h, _ := ofAnswer(r.Answers, q)
	return h
}

// OfRepetition returns the values of a repetition, with the reasons that reports give for a dash.
func OfRepetition(r *result.Repetition) quantity.Source { return valuesOf(r, r.Independent) }

// OfStep returns the values of a step of a search. Its percentiles are those of its messages, even if these
// depend on each other: repeated steps show how much the values vary.
func OfStep(r *result.Repetition) quantity.Source {
	return valuesOf(r, func(float64) int64 { return r.Response.Count() })
}

func valuesOf(r *result.Repetition, independent func(p float64) int64) quantity.Source {
	times := Times{r.Response, r.Service, r.Lag}
	return func(q quantity.Quantity, p float64) quantity.Value {
		if strings.HasPrefix(q.Name, ServerPrefix) {
			return serverValue(q, r)
		}
		if v, ok := answerValue(r.Answers, q, p); ok {
			v.Unusable, v.AtMost = whyUnusable(r, q, p)
			v.Low = math.NaN()
			return v
		}
		v, ok := times.value(q, p)
		switch {
		case !ok:
			m := For(q)
			if v.Number = m.of(result.Config{}, r); m.Missing != nil {
				v.Missing = m.Missing(r)
			}
		case q == quantity.Service || q == quantity.Lag:
		case r.Arrivals != nil && r.Arrivals.Refused != "" && r.Response.Count() == 0:
			v.Missing = "one-way times refused: " + r.Arrivals.Refused
		case q == quantity.Response && v.Missing == "" && independent(p) < result.SamplesFor(p):
			v.Missing = fewMessages(independent(p), "independent messages", p)
		}
		v.Unusable, v.AtMost = whyUnusable(r, q, p)
		v.Low = lowerBound(r, q, p)
		return v
	}
}

// lowerBound returns the lower bound of a percentile that is an upper bound; NaN if it has none.
func lowerBound(r *result.Repetition, q quantity.Quantity, p float64) float64 {
	if q == quantity.Max {
		p = result.Maximum
	}
	if q != quantity.Response && q != quantity.Max || r.Service.IsZero() {
		return math.NaN()
	}
	low, _ := r.TimeBounds(p)
	return low
}

// OfWindow returns the values of a part of the steady phase of a repetition.
func OfWindow(r *result.Repetition, from, to time.Duration) quantity.Source {
	part := &result.Repetition{Phases: result.Phases{Steady: to - from}, Validity: r.Validity}
	for _, in := range r.Timeline {
		if in.Start+in.Length > from && in.Start < to {
			part.Response.Merge(in.Response)
		}
	}
	part.Counters.Recorded = uint64(part.Response.Count())
	known := OfRepetition(part)
	return func(q quantity.Quantity, p float64) quantity.Value {
		if !q.Window {
			return quantity.Value{Number: math.NaN()}
		}
		return known(q, p)
	}
}

// Live returns the values known during the steady phase: of the messages due so far.
func Live(times Times, due, failed, errors uint64) quantity.Source {
	return func(q quantity.Quantity, p float64) quantity.Value {
		v, ok := times.value(q, p)
		switch {
		case ok:
		case q == quantity.Failed:
			v.Number = float64(failed)
		case q == quantity.Errors:
			v.Number = float64(errors)
		case q == quantity.FailedRate:
			v.Number = float64(failed) / float64(due)
		default:
			v.Number = math.NaN()
		}
		return v
	}
}

// OfCell returns the values of a baseline: percentiles of all repetitions merged, and the mean over
// the repetitions of every other metric. It returns nil for no cell.
func OfCell(c *result.Cell) quantity.Source {
	if c == nil {
		return nil
	}
	merged := Merge(c)
	times := Times{merged.Response, merged.Service, merged.Lag}
	return func(q quantity.Quantity, p float64) quantity.Value {
		if name, ok := strings.CutPrefix(q.Name, ServerPrefix); ok {
			return quantity.Value{Number: stats.Mean(OfServer(name, "", "").Values(c))}
		}
		if v, ok := answerValue(merged.Answers, q, p); ok {
			v.Unusable = whyUnusableInCell(c, q, p)
			return v
		}
		v, ok := times.value(q, p)
		switch {
		case !ok:
			v.Number = stats.Mean(For(q).Values(c))
		case q == quantity.Response:
			v.Missing = ""
			if v.Number = result.Nanoseconds(c.Percentile(merged.Response, p)); math.IsNaN(v.Number) {
				v.Missing = fmt.Sprintf("too few independent messages, p%g needs %d", p, result.SamplesFor(p))
			}
		}
		v.Unusable = whyUnusableInCell(c, q, p)
		return v
	}
}

// trust returns the name under which the validity of a quantity is judged.
func trust(q quantity.Quantity, p float64) string {
	switch q {
	case quantity.Response, quantity.Service, quantity.TTFT, quantity.ITL, quantity.TPOT, quantity.Answer:
		return result.TimeMetric(p)
	case quantity.TokenRate:
		return result.TimeMetric(50)
	}
	return q.Name
}

// whyUnusable explains why a quantity of a repetition is unusable, and reports whether its value is
// an upper bound. For a discarded repetition its findings suffice.
func whyUnusable(r *result.Repetition, q quantity.Quantity, p float64) (why string, atMost bool) {
	name := trust(q, p)
	if r.Validity.Discarded || r.Usable(name) {
		return "", false
	}
	return r.WhyUnusable(name), r.IsUpperBound(name) && !eitherWay(q)
}

// whyUnusableInCell is whyUnusable for a cell. A percentile of the response times comes from the
// repetitions in which it is usable, any other quantity from all.
func whyUnusableInCell(c *result.Cell, q quantity.Quantity, p float64) (why string) {
	for _, r := range c.Repetitions {
		switch reason, _ := whyUnusable(r, q, p); {
		case reason != "":
			why = fmt.Sprintf("in repetition %d of the baseline: %s", r.Index+1, reason)
		case q == quantity.Response && !r.Validity.Discarded:
			return ""
		}
	}
	return why
}
