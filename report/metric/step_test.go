package metric_test

import (
	"testing"
	"time"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// A step of a search has a p99 although its messages depend on each other, but not with too few of them.
func TestStepNeedsNoIndependentMessages(t *testing.T) {
	t.Parallel()
	r := &result.Repetition{Response: equal(t, time.Millisecond)}
	r.Series.Independent = []result.Independent{{Percentile: 99, Messages: 10}}
	if v := metric.OfRepetition(r)(quantity.Response, 99); v.Missing == "" {
		t.Error("a repetition has a p99 of 10 independent messages")
	}
	if v := metric.OfStep(r)(quantity.Response, 99); v.Missing != "" || v.Number < 0.99e6 {
		t.Errorf("%+v", v)
	}
	if v := metric.OfStep(r)(quantity.Response, 99.9); v.Missing == "" {
		t.Error("a step has a p99.9 of 400 messages")
	}
}
