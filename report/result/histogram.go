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
//
// Note: a histogram takes 260 KB and its encoding some hundred bytes, so the many
// of a timeline stay encoded when they are read and are decoded at each use.
type Histogram struct {
	h *hdrhistogram.Histogram
	// packed is the encoding, verified, where h is nil.
	packed string
}

// Wrap returns a Histogram that shares h, which has the geometry of
// record.NewHistogram: the file format knows no other.
func Wrap(h *hdrhistogram.Histogram) Histogram { return Histogram{h: h} }

// Pack returns a Histogram with what h holds now, in a KB or so.
func Pack(h *hdrhistogram.Histogram) (Histogram, error) {
	if h.TotalCount() == 0 {
		return Histogram{}, nil
	}
	b, err := record.Encode(h)
	if err != nil {
		return Histogram{}, fmt.Errorf("encoding a histogram: %w", err)
	}
	return Histogram{packed: string(b)}, nil
}

// HDR returns the histogram inside, an empty one for the zero value. Whether it
// is shared or the caller's own is not promised: do not change it.
func (h Histogram) HDR() *hdrhistogram.Histogram {
	if h.h != nil {
		return h.h
	}
	if h.packed != "" {
		if d, err := record.Decode([]byte(h.packed)); err == nil {
			return d
		}
	}
	return record.NewHistogram()
}

// unpack decodes once and for all.
func (h *Histogram) unpack() {
	if h.h == nil && h.packed != "" {
		h.h, h.packed = h.HDR(), ""
	}
}

// Count is how many values there are.
func (h Histogram) Count() int64 {
	if h.IsZero() {
		return 0
	}
	return h.HDR().TotalCount()
}

// IsZero says whether nothing was ever put into h.
func (h Histogram) IsZero() bool { return h.h == nil && h.packed == "" }

// Max is the largest value, 0 for an empty histogram (hdrhistogram says 511).
func (h Histogram) Max() time.Duration {
	d := h.HDR()
	if d.TotalCount() == 0 {
		return 0
	}
	return time.Duration(d.Max())
}

// Mean is the mean in nanoseconds, 0 for an empty histogram.
func (h Histogram) Mean() float64 {
	d := h.HDR()
	if d.TotalCount() == 0 {
		return 0
	}
	return d.Mean()
}

// Quantile is percentile p, whatever the number of samples; 0 for none.
func (h Histogram) Quantile(p float64) time.Duration {
	d := h.HDR()
	if d.TotalCount() == 0 {
		return 0
	}
	return time.Duration(d.ValueAtPercentile(p))
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

// Merge adds the counts of o, which stays as it is. Percentiles of several
// histograms are had this way and never by averaging.
func (h *Histogram) Merge(o Histogram) {
	if o.Count() == 0 {
		return
	}
	h.unpack()
	if h.h == nil {
		h.h = record.NewHistogram()
	}
	h.h.Merge(o.HDR())
}

// MarshalJSON implements json.Marshaler.
func (h Histogram) MarshalJSON() ([]byte, error) {
	if h.h == nil {
		return json.Marshal(h.packed)
	}
	if h.h.TotalCount() == 0 {
		return []byte(`""`), nil
	}
	b, err := record.Encode(h.h)
	if err != nil {
		return nil, fmt.Errorf("encoding a histogram: %w", err)
	}
	return json.Marshal(string(b))
}

// UnmarshalJSON implements json.Unmarshaler. It takes only whole histograms of
// the file format's geometry.
func (h *Histogram) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if s != "" {
		d, err := record.Decode([]byte(s))
		if err != nil {
			return err
		}
		if !sameGeometry(d, record.NewHistogram()) {
			return fmt.Errorf("a histogram of %d digits from %d to %d is not of this file format",
				d.SignificantFigures(), d.LowestTrackableValue(), d.HighestTrackableValue())
		}
		if d.TotalCount() == 0 {
			s = ""
		}
	}
	h.h, h.packed = nil, s
	return nil
}

// sameGeometry says whether merging a and b drops nothing.
func sameGeometry(a, b *hdrhistogram.Histogram) bool {
	return a.SignificantFigures() == b.SignificantFigures() &&
		a.LowestTrackableValue() == b.LowestTrackableValue() && a.HighestTrackableValue() == b.HighestTrackableValue()
}
