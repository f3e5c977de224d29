package report

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"rtbench/report/result"
)

// ratio formats a ratio: ×1.05.
func ratio(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return result.Unknown
	}
	return fmt.Sprintf("×%.2f", v)
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func rate(r float64) string {
	switch {
	case r >= 1e6:
		return fmt.Sprintf("%gM/s", r/1e6)
	case r >= 1e3:
		return fmt.Sprintf("%gk/s", r/1e3)
	}
	return fmt.Sprintf("%g/s", r)
}

// orEmpty formats a value for programs; empty if unknown.
func orEmpty(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// nsOrNaN returns d in nanoseconds, or NaN if it is not known.
func nsOrNaN(d time.Duration, ok bool) float64 {
	if !ok {
		return math.NaN()
	}
	return float64(d)
}
