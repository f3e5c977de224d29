package metric

import (
	"slices"
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/report/result"
)

// The line of a finished repetition in the live view has a time if the table has it, and the same one: a
// value, an upper bound, or none.
func TestStatusAgreesWithTheTable(t *testing.T) {
	t.Parallel()
	for _, messages := range []int{0, 5, 6, 300, 368, 5000} {
		h := record.NewHistogram()
		for i := range messages {
			if err := h.RecordValue(int64(time.Millisecond) + int64(i)*1000); err != nil {
				t.Fatal(err)
			}
		}
		for name, v := range map[string]result.Validity{
			"valid":       {},
			"discarded":   {Discarded: true},
			"no p50":      {Unusable: []string{"p50"}},
			"no p99":      {Unusable: []string{"p99", "max"}},
			"upper bound": {Unusable: []string{"p50", "p99"}, AtMost: []string{"p50", "p99"}},
			"both":        {Unusable: []string{"p50", "p99"}, AtMost: []string{"p50", "p99"}, Discarded: true},
		} {
			for _, independent := range []int64{0, 60} {
				r := &result.Repetition{Response: result.Wrap(h), Service: result.Wrap(h), Validity: v}
				r.Counters.Recorded = uint64(messages)
				if independent > 0 {
					r.Series.Independent = []result.Independent{{Percentile: 99, Messages: independent}}
				}
				var s result.Status
				s.End(r)
				c := Merge(&result.Cell{ID: "a", Repetitions: []*result.Repetition{r}})
				got := []string{s.P50.String(), s.P99.String()}
				if want := []string{Time(50).Text(c), Time(99).Text(c)}; !slices.Equal(got, want) {
					t.Errorf("%s, %d messages, %d independent: the line has %v, the table %v", name, messages, independent, got, want)
				}
			}
		}
	}
}
