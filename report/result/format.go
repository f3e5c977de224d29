package result

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Unknown stands for an unknown value.
const Unknown = "–"

// AtMost stands before an upper bound, and AtLeast before a lower one.
const (
	AtMost  = "≤ "
	AtLeast = "≥ "
)

// Duration formats nanoseconds with three significant digits: 1.20 ms. It returns Unknown for NaN
// and infinities.
func Duration(ns float64) string {
	switch {
	case !finite(ns):
		return Unknown
	case ns < 999.5:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 999.5e3:
		return ThreeDigits(ns/1e3) + " µs"
	case ns < 999.5e6:
		return ThreeDigits(ns/1e6) + " ms"
	}
	return ThreeDigits(ns/1e9) + " s"
}

// Count formats a number with three significant digits and a suffix: 4.20k, 1.50M. It returns
// Unknown for NaN and infinities.
func Count(v float64) string {
	switch {
	case !finite(v):
		return Unknown
	case v < 99.95:
		return ThreeDigits(v)
	case v < 1e5:
		return fmt.Sprintf("%.0f", v)
	case v < 999.5e3:
		return ThreeDigits(v/1e3) + "k"
	}
	return ThreeDigits(v/1e6) + "M"
}

// Bytes formats bytes with three significant digits in decimal units: 1.20 MB. It returns Unknown for
// NaN and infinities.
func Bytes(v float64) string {
	if !finite(v) {
		return Unknown
	}
	for _, u := range []struct {
		size float64
		name string
	}{{1e9, "GB"}, {1e6, "MB"}, {1e3, "KB"}} {
		if math.Abs(v) >= u.size {
			return Count(v/u.size) + " " + u.name
		}
	}
	return fmt.Sprintf("%.0f B", v)
}

// ThreeDigits formats a number with three significant digits, and never rounds before the decimal
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

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func formatDuration(d time.Duration) string { return Duration(float64(d)) }

// Plural formats a number with its noun: 1 cell, 2 cells, 4,000 messages.
func Plural[N int | int64 | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Grouped(n) + " " + noun + "s"
}

// Conjoin joins words: a, b and c.
func Conjoin(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// Grouped formats a whole number with thousands separators: 4,000.
func Grouped[N int | int64 | uint64 | float64](n N) string {
	digits := strconv.FormatFloat(float64(n), 'f', 0, 64)
	for i := len(digits) - 3; i > 0 && n > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// A Number is a float that is null in JSON if it is unknown (NaN or infinite).
type Number float64

// Known reports whether n is finite.
func (n Number) Known() bool { return finite(float64(n)) }

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON implements json.Unmarshaler. It decodes null as NaN.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// Sparkline draws values in eight steps over their range, of at least the given share of the highest
// value; a NaN is a dot, and a range of 0 is drawn half high.
func Sparkline(values []float64, share float64) string {
	steps := []rune("▁▂▃▄▅▆▇█")
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	low = min(low, (1-share)*high)
	out := make([]rune, len(values))
	for i, v := range values {
		switch {
		case math.IsNaN(v):
			out[i] = '·'
		case high == low:
			out[i] = steps[3]
		default:
			out[i] = steps[int(math.Round((v-low)/(high-low)*float64(len(steps)-1)))]
		}
	}
	return string(out)
}
