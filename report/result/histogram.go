package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/proto/record"
)

// A Histogram is an HDR histogram of nanoseconds. It is stored as a JSON string: HdrHistogram's
// compressed V2 encoding in base64. The zero value is empty. It is not safe for concurrent use.
//
// A decoded histogram takes 260 KB, an encoded one a few hundred bytes. The histograms of a
// timeline therefore stay encoded and are decoded on each use.
type Histogram struct {
	h *hdrhistogram.Histogram
	// packed is the validated encoding of n values if h is nil.
	packed string
	n      int64
}

// Wrap returns a Histogram that shares h, which must have the geometry of record.NewHistogram.
func Wrap(h *hdrhistogram.Histogram) Histogram { return Histogram{h: h} }

// Pack returns an encoded copy of h, about 1 KB.
func Pack(h *hdrhistogram.Histogram) (Histogram, error) {
	if h.TotalCount() == 0 {
		return Histogram{}, nil
	}
	b, err := record.Encode(h)
	if err != nil {
		return Histogram{}, fmt.Errorf("encoding a histogram: %w", err)
	}
	return Histogram{packed: string(b), n: h.TotalCount()}, nil
}

// pack encodes h in place.
func (h *Histogram) pack() {
	if h.h == nil {
		return
	}
	if p, err := Pack(h.h); err == nil {
		*h = p
	}
}

// HDR returns the underlying histogram, or an empty one for the zero value. The caller must not
// modify it.
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

// unpack decodes h in place.
func (h *Histogram) unpack() {
	if h.h == nil && h.packed != "" {
		h.h, h.packed, h.n = h.HDR(), "", 0
	}
}

// Decoded returns h decoded, for several uses. The caller must not modify it.
func (h Histogram) Decoded() Histogram {
	h.unpack()
	return h
}

// Count returns the number of values.
func (h Histogram) Count() int64 {
	if h.h != nil {
		return h.h.TotalCount()
	}
	return h.n
}

// IsZero reports whether h is the zero value.
func (h Histogram) IsZero() bool { return h.h == nil && h.packed == "" }

// Max returns the largest value, or 0 if h is empty.
func (h Histogram) Max() time.Duration { return h.Quantile(Maximum) }

// Mean returns the mean in nanoseconds, or NaN if h is empty.
func (h Histogram) Mean() float64 {
	d := h.HDR()
	if d.TotalCount() == 0 {
		return math.NaN()
	}
	return d.Mean()
}

// Bars yields the bars of h that are not empty, lowest first.
func (h Histogram) Bars() iter.Seq[hdrhistogram.Bar] {
	if h.IsZero() {
		return func(func(hdrhistogram.Bar) bool) {}
	}
	return record.Bars(h.HDR())
}

// Quantile returns percentile p regardless of the number of samples, or 0 if h is empty. Percentile
// Maximum is the largest value.
func (h Histogram) Quantile(p float64) time.Duration {
	return time.Duration(h.HDR().ValueAtPercentile(p))
}

// Beyond returns the number of values that are certainly above limit.
func (h Histogram) Beyond(limit time.Duration) (n int64) {
	for b := range h.Bars() {
		if b.From > int64(limit) {
			n += b.Count
		}
	}
	return n
}

// From returns the number of values that a percentile of at least limit counts: those of the bars that reach it.
func (h Histogram) From(limit time.Duration) (n int64) {
	for b := range h.Bars() {
		if b.To >= int64(limit) {
			n += b.Count
		}
	}
	return n
}

// Percentile is Quantile that also reports whether h has enough samples for p; see SamplesFor.
func (h Histogram) Percentile(p float64) (time.Duration, bool) {
	return h.Quantile(p), h.Count() >= SamplesFor(p)
}

// SamplesFor returns the number of samples that percentile p needs for a 95 % interval with a
// finite upper end: the probability that all n lie below it, (p/100)^n, must be at most 2.5 %. That
// is 368 for p99, 3,688 for p99.9 and 36,887 for p99.99.
func SamplesFor(p float64) int64 {
	if p <= 0 || p >= 100 {
		return 1
	}
	return int64(math.Ceil(math.Log(0.025) / math.Log(p/100)))
}

// Merge adds the counts of o. Percentiles over several histograms are computed by merging, never by
// averaging.
func (h *Histogram) Merge(o Histogram) {
	if o.Count() == 0 {
		return
	}
	h.unpack()
	if h.h == nil {
		h.h = record.NewHistogram()
	}
	for b := range o.Bars() {
		_ = h.h.RecordValues(b.From, b.Count) // fits: the geometry is the same
	}
}

// Since returns the values of h without those of an earlier state b of the same histogram.
func (h Histogram) Since(b Histogram) Histogram {
	if b.Count() == 0 {
		return h
	}
	all := h.HDR().Export()
	for i, n := range b.HDR().Export().Counts {
		all.Counts[i] -= n
	}
	return Wrap(hdrhistogram.Import(all))
}

// MarshalJSON implements json.Marshaler.
func (h Histogram) MarshalJSON() ([]byte, error) {
	if h.h != nil {
		var err error
		if h, err = Pack(h.h); err != nil {
			return nil, err
		}
	}
	return json.Marshal(h.packed)
}

// UnmarshalJSON implements json.Unmarshaler. It accepts only valid histograms with the geometry of
// the file format.
func (h *Histogram) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	h.n = 0
	if s != "" {
		d, err := record.Decode([]byte(s))
		if err != nil {
			return err
		}
		if !sameGeometry(d, record.NewHistogram()) {
			return fmt.Errorf("unsupported histogram geometry: %d digits from %d to %d",
				d.SignificantFigures(), d.LowestTrackableValue(), d.HighestTrackableValue())
		}
		if h.n = d.TotalCount(); h.n == 0 {
			s = ""
		}
	}
	h.h, h.packed = nil, s
	return nil
}

// sameGeometry reports whether a and b can be merged without dropping values.
func sameGeometry(a, b *hdrhistogram.Histogram) bool {
	return a.SignificantFigures() == b.SignificantFigures() &&
		a.LowestTrackableValue() == b.LowestTrackableValue() && a.HighestTrackableValue() == b.HighestTrackableValue()
}

// HLog returns the cell's timelines as a histogram log (format 1.3), with each interval tagged by
// its repetition, from 1. Timestamps are Unix seconds; maxima are milliseconds.
func (c *Cell) HLog() ([]byte, error) {
	var out strings.Builder
	w := hdrhistogram.NewHistogramLogWriter(&out)
	if err := errors.Join(w.OutputLogFormatVersion(), w.OutputLegend()); err != nil {
		return nil, err
	}
	for _, rep := range c.Repetitions {
		steady := rep.Started.Add(rep.Phases.Connect + rep.Phases.Warmup).UnixMilli()
		for _, in := range rep.Timeline {
			h := in.Response.HDR()
			if in.Response.h != nil {
				h = h.Clone() // the timestamps set below must not change the result
			}
			h.SetTag(fmt.Sprintf("repetition-%d", rep.Index+1))
			h.SetStartTimeMs(steady + in.Start.Milliseconds())
			h.SetEndTimeMs(steady + (in.Start + in.Length).Milliseconds())
			if err := w.OutputIntervalHistogram(h); err != nil {
				return nil, err
			}
		}
	}
	return []byte(out.String()), nil
}

// HGRM returns the percentile distribution of the merged response times in milliseconds.
func (c *Cell) HGRM() ([]byte, error) {
	response, _, _ := c.Merged()
	var out strings.Builder
	_, err := response.HDR().PercentilesPrint(&out, 5, float64(time.Millisecond))
	return []byte(out.String()), err
}
