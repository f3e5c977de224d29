package result

import (
	"fmt"
	"time"
)

// Duration formats nanoseconds with three significant digits: 1.20 ms.
func Duration(ns float64) string {
	switch {
	case ns < 999.5:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 999.5e3:
		return ThreeDigits(ns/1e3) + " µs"
	case ns < 999.5e6:
		return ThreeDigits(ns/1e6) + " ms"
	}
	return ThreeDigits(ns/1e9) + " s"
}

// ThreeDigits formats a number with three significant digits, and all of those before the
// point.
func ThreeDigits(v float64) string {
	switch {
	case v < 9.995:
		return fmt.Sprintf("%.2f", v)
	case v < 99.95:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func round(d time.Duration) string { return Duration(float64(d)) }
