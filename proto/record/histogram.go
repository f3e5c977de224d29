package record

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The geometry of every histogram: nanoseconds, each value to three significant
// digits. A value above Highest is clamped to it and counted.
const (
	Highest = int64(10 * time.Minute)
	digits  = 3
)

// NewHistogram returns an empty histogram of that geometry, about 260 KB.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, Highest, digits)
}

// Times are the three times that a message leaves, in nanoseconds.
type Times struct {
	Lag      int64 // sent − intended
	Service  int64 // received − sent
	Response int64 // received − intended; for push and fan-out the delivery time
}

// Histograms hold the times of many messages. They belong to one goroutine.
type Histograms struct {
	Lag, Service, Response *hdrhistogram.Histogram
	// Clamped counts values above Highest or below 0, which were recorded as
	// Highest or 0. Below 0 means that two clocks disagree.
	Clamped uint64
}

// NewHistograms returns three empty histograms.
func NewHistograms() Histograms {
	return Histograms{Lag: NewHistogram(), Service: NewHistogram(), Response: NewHistogram()}
}

func (h *Histograms) record(t Times) {
	h.value(h.Lag, t.Lag)
	h.value(h.Service, t.Service)
	h.value(h.Response, t.Response)
}

func (h *Histograms) value(into *hdrhistogram.Histogram, v int64) {
	if v < 0 || v > Highest {
		h.Clamped++
		v = min(max(v, 0), Highest)
	}
	if into.RecordValue(v) != nil {
		h.Clamped++
	}
}
