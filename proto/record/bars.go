package record

import (
	"iter"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Bars yields the bars of h that are not empty, lowest first. h has the geometry of NewHistogram. The
// Distribution of h lists all bars, most of which are empty.
func Bars(h *hdrhistogram.Histogram) iter.Seq[hdrhistogram.Bar] {
	return func(yield func(hdrhistogram.Bar) bool) {
		rest := h.TotalCount()
		if rest == 0 {
			return
		}
		for i, n := range h.Export().Counts {
			if n == 0 {
				continue
			}
			from := int64(0)
			if i > 0 {
				from = highest(i-1) + 1
			}
			if rest -= n; !yield(hdrhistogram.Bar{From: from, To: highest(i), Count: n}) || rest <= 0 {
				return
			}
		}
	}
}
