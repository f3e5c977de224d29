package report

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"rtbench/report/result"
)

func orDash(v float64, format func(float64) string) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	return format(v)
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// duration formats nanoseconds: 1.20 ms.
func duration(ns float64) string { return result.Duration(ns) }

func count(v float64) string {
	switch {
	case v < 99.95:
		return result.ThreeDigits(v)
	case v < 1e5:
		return fmt.Sprintf("%.0f", v)
	case v < 999.5e3:
		return result.ThreeDigits(v/1e3) + "k"
	}
	return result.ThreeDigits(v/1e6) + "M"
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

// orEmpty writes a figure for programs: empty where it is not known.
func orEmpty(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// known is a percentile in nanoseconds, NaN where too few samples stand behind it.
func known(d time.Duration, ok bool) float64 {
	if !ok {
		return math.NaN()
	}
	return float64(d)
}
