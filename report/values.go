package report

import (
	"fmt"
	"math"
	"strconv"

	"rtbench/report/result"
)

// Ratio formats a ratio: ×1.05. It returns result.Unknown for NaN and infinities.
func Ratio(v float64) string {
	if !result.Number(v).Known() {
		return result.Unknown
	}
	return fmt.Sprintf("×%.2f", v)
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

// Plain formats a value for programs and for sorting; empty if unknown.
func Plain(v float64) string {
	if !result.Number(v).Known() {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// whole formats a count.
func whole(v float64) string {
	if math.IsNaN(v) {
		return result.Unknown
	}
	return fmt.Sprintf("%.0f", v)
}

func twoDigits(v float64) string {
	if math.IsNaN(v) {
		return result.Unknown
	}
	return fmt.Sprintf("%.2f", v)
}
