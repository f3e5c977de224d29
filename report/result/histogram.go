package result

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/proto/record"
)

// A Histogram is an HDR histogram of nanoseconds. Its JSON form is one string:
// HdrHistogram's standard compressed V2 encoding in base64. The zero value is
// empty. It belongs to one goroutine.
type Histogram struct {
	h *hdrhistogram.Histogram
}

// Wrap returns a Histogram that shares h.
func Wrap(h *hdrhistogram.Histogram) Histogram { return Histogram{h} }

// HDR returns the histogram inside, an empty one for the zero value.
func (h Histogram) HDR() *hdrhistogram.Histogram {
	if h.h == nil {
		return record.NewHistogram()
	}
	return h.h
}

// Count is how many values there are.
func (h Histogram) Count() int64 {
	if h.h == nil {
		return 0
	}
	return h.h.TotalCount()
}

// Max is the largest value, 0 for an empty histogram (hdrhistogram says 511).
func (h Histogram) Max() time.Duration {
	if h.Count() == 0 {
		return 0
	}
	return time.Duration(h.h.Max())
}

// Mean is the mean in nanoseconds, 0 for an empty histogram.
func (h Histogram) Mean() float64 {
	if h.Count() == 0 {
		return 0
	}
	return h.h.Mean()
}

// Quantile is percentile p, whatever the number of samples; 0 for none.
func (h Histogram) Quantile(p float64) time.Duration {
	if h.Count() == 0 {
		return 0
	}
	return time.Duration(h.h.ValueAtPercentile(p))
}

// Percentile is percentile p (0 to 100) and whether enough samples stand behind
// it: see SamplesFor.
func (h Histogram) Percentile(p float64) (time.Duration, bool) {
	return h.Quantile(p), h.Count() >= SamplesFor(p)
}

// SamplesFor is how many samples percentile p needs for a 95 % interval that is
// finite on its upper side: the chance that all n lie below it, (p/100)^n, must
// be at most 2.5 %. That is 368 for p99, 3,688 for p99.9 and 36,887 for p99.99.
func SamplesFor(p float64) int64 {
	if p <= 0 || p >= 100 {
		return 1
	}
	return int64(math.Ceil(math.Log(0.025) / math.Log(p/100)))
}

// Merge adds the counts of o.
func (h *Histogram) Merge(o Histogram) {
	if o.Count() == 0 {
		return
	}
	if h.h == nil {
		h.h = record.NewHistogram()
	}
	h.h.Merge(o.h)
}

// MarshalJSON implements json.Marshaler.
func (h Histogram) MarshalJSON() ([]byte, error) {
	if h.Count() == 0 {
		return []byte(`""`), nil
	}
	b, err := record.Encode(h.h)
	if err != nil {
		return nil, fmt.Errorf("encoding a histogram: %w", err)
	}
	return json.Marshal(string(b))
}

// UnmarshalJSON implements json.Unmarshaler.
func (h *Histogram) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if s == "" {
		h.h = nil
		return nil
	}
	d, err := record.Decode([]byte(s))
	if err != nil {
		return fmt.Errorf("histogram: %w", err)
	}
	h.h = d
	return nil
}
