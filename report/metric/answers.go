package metric

import (
	"rtbench/proto/quantity"
	"rtbench/report/result"
)

// answerValue returns a quantity of answers, and false for other quantities.
func answerValue(a *result.Answers, q quantity.Quantity, p float64) (v quantity.Value, ok bool) {
	h, ok := ofAnswer(a, q)
	if !ok {
		return v, false
	}
	if q == quantity.TokenRate {
		p = 50
	}
	v.Number = result.Nanoseconds(h.Quantile(p), h.Count() > 0)
	if q == quantity.TokenRate {
		v.Number = 1e9 / v.Number
	}
	switch {
	case h.Count() == 0:
		v.Missing = "no answers ended"
	case h.Count() < result.SamplesFor(p):
		v.Missing = fewMessages(h.Count(), "values", p)
	}
	return v, true
}

// ofAnswer returns the distribution of a quantity of answers, of which there may be none; false for other quantities.
func ofAnswer(a *result.Answers, q quantity.Quantity) (h result.Histogram, ok bool) {
	if a == nil {
		a = &result.Answers{}
	}
	switch q {
	case quantity.TTFT:
		return a.First, true
	case quantity.ITL:
		return a.Between, true
	case quantity.TPOT, quantity.TokenRate:
		return a.PerToken, true
	case quantity.Answer:
		return a.Whole, true
	}
	return h, false
}

// eitherWay reports whether a disturbed measurement makes values of q too long or too short.
func eitherWay(q quantity.Quantity) bool {
	return q == quantity.ITL || q == quantity.TPOT || q == quantity.TokenRate
}
