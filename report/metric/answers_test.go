package metric_test

import (
	"math"
	"testing"
	"time"

	"rtbench/proto/quantity"
	"rtbench/proto/record"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// Quantities of answers are percentiles of their own times; one needs as many values as any percentile. In a disturbed
// measurement the times since a request are upper bounds, and those between tokens are not known.
func TestQuantitiesOfAnswers(t *testing.T) {
	times := func(n int64, at time.Duration) result.Histogram {
		h := record.NewHistogram()
		if err := h.RecordValues(int64(at), n); err != nil {
			t.Fatal(err)
		}
		return result.Wrap(h)
	}
	r := &result.Repetition{Answers: &result.Answers{
		First: times(400, 100*time.Millisecond), Between: times(400, 19*time.Millisecond), PerToken: times(40, 20*time.Millisecond), Whole: times(400, time.Second),
	}}
	for _, c := range []struct {
		q    quantity.Quantity
		p    float64
		want float64
	}{{quantity.TTFT, 99, 1e8}, {quantity.ITL, 99, 1.9e7}, {quantity.TPOT, 50, 2e7}, {quantity.Answer, 99, 1e9}, {quantity.TokenRate, 0, 50}} {
		if v := metric.OfRepetition(r)(c.q, c.p); math.Abs(v.Number/c.want-1) > 0.001 || v.Missing != "" || v.Unusable != "" {
			t.Errorf("%s: %+v, want %v", c.q.Name, v, c.want)
		}
	}
	if v := metric.OfRepetition(r)(quantity.TPOT, 99); v.Missing == "" {
		t.Errorf("p99 of 40 values: %+v", v)
	}
	f := result.Finding{Word: result.Limited, Kind: result.SentLate, Reason: "late", Unusable: []string{"p50", "p99"}, AtMost: true}
	r.Validity = result.Validity{Unusable: f.Unusable, AtMost: f.Unusable, Findings: []result.Finding{f}}
	for q, atMost := range map[quantity.Quantity]bool{quantity.TTFT: true, quantity.Answer: true, quantity.ITL: false} {
		if v := metric.OfRepetition(r)(q, 99); v.Unusable == "" || v.AtMost != atMost {
			t.Errorf("disturbed %s: %+v", q.Name, v)
		}
	}
}
