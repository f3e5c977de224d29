package metric

import (
	"rtbench/proto/quantity"
	"rtbench/report/result"
)

// answerValue returns a quantity of answers, and false for other quantities.
func answerValue(a *result.Answers, q quantity.Quantity, p float64) (v quantity.Value, ok bool) {
	if a == nil {
		a = &result.Answers{}
	}
	h := a.First
	switch q {
	case quantity.TTFT:
	case quantity.ITL:
		h = a.Between
	case quantity.TPOT:
		h = a.PerToken
	case quantity.Answer:
		h = a.Whole
	case quantity.TokenRate:
		h, p = a.PerToken, 50
	default:
		return v, false
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

// eitherWay reports whether a disturbed measurement makes values of q too long or too short.
func eitherWay(q quantity.Quantity) bool {
	return q == quantity.ITL || q == quantity.TPOT || q == quantity.TokenRate
}
