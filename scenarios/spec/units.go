package spec

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"rtbench/internal/lazyregexp"
)

// MaxDuration is the longest duration.
const MaxDuration = 24 * time.Hour

// Duration accepts a Go duration.
func Duration(least time.Duration) Kind[time.Duration] {
	allowed := []Limits{{Type: "string", Pattern: `^\+?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$`}}
	if least == 0 { // 0 needs no unit
		allowed = append(allowed, Limits{Type: "integer", Least: new(0.0), Most: new(0.0)})
	}
	return Kind[time.Duration]{
		Expected: fmt.Sprintf("a duration such as 500ms, 10s or 2m, from %v to 24h", least), Allowed: allowed, Hint: durationHint,
		Parse: func(s string) (time.Duration, bool) {
			d, err := time.ParseDuration(s)
			return d, err == nil && d >= least && d <= MaxDuration
		},
	}
}

const minRate = 1e-3 // messages per second

// MaxRate is the highest rate, in messages per second, that makes sense for one machine.
const MaxRate = 1e8

var rateForm = lazyregexp.New(`^(\d+(?:\.\d+)?)(k|M|)/s$`)

// Rate accepts a number of messages per second: 0, as the start, end or pause of a ramp, or from
// 0.001 to 100M.
var Rate = Kind[float64]{
	Expected: "messages per second such as 500/s, 20k/s or 1.5M/s, from 0.001/s to 100M/s", Hint: rateHint,
	Allowed: []Limits{{Type: "string", Pattern: `^\d+(\.\d+)?(k|M|)/s$`}},
	Parse: func(s string) (float64, bool) {
		if m := rateForm.FindStringSubmatch(s); m != nil && strings.Trim(m[1], "0.") == "" {
			return 0, true
		}
		return parseRate(s)
	},
}

func parseRate(s string) (float64, bool) {
	m := rateForm.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	// Parsing with the exponent rounds only once.
	v, err := strconv.ParseFloat(m[1]+map[string]string{"": "", "k": "e3", "M": "e6"}[m[2]], 64)
	return v, err == nil && v >= minRate && v <= MaxRate
}

// FormatRate formats a rate as in scenarios, such as 20k/s. Parsing the result yields exactly r,
// for all valid rates.
func FormatRate(r float64) string {
	text := func(v float64, unit string) string { return strconv.FormatFloat(v, 'f', -1, 64) + unit }
	candidates := []string{text(r/1e6, "M/s"), text(r/1e3, "k/s")}
	for i, least := range []float64{1e6, 1e3} {
		if v, _ := parseRate(candidates[i]); math.Abs(r) >= least && v == r {
			return candidates[i]
		}
	}
	return text(r, "/s")
}

var (
	bytesForm = lazyregexp.New(`^([1-9]\d{0,8}) ?([KM]i?B|B|)$`)
	byteUnits = map[string]int64{"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "KiB": 1 << 10, "MiB": 1 << 20}
)

// ByteRate accepts bytes per second, such as 2KiB/s, from 1 to 1 GB/s.
var ByteRate = Kind[float64]{
	Expected: "bytes per second such as 2KiB/s or 64KB/s, up to 1000MB/s",
	Allowed:  []Limits{{Type: "string", Pattern: `^[0-9]+(B|KB|MB|KiB|MiB)?/s$`}},
	Parse: func(s string) (float64, bool) {
		text, perSecond := strings.CutSuffix(s, "/s")
		m := bytesForm.FindStringSubmatch(text)
		if m == nil || !perSecond {
			return 0, false
		}
		n, err := strconv.ParseInt(m[1], 10, 64)
		rate := float64(n) * float64(byteUnits[m[2]])
		return rate, err == nil && rate >= 1 && rate <= 1e9
	},
	Hint: func(s string) string {
		if _, ok := Bytes(1, 1e9, "").Parse(s); ok {
			return didYouMean(s + "/s")
		}
		return ""
	},
}

// FormatByteRate formats bytes per second as ByteRate accepts them.
func FormatByteRate(rate float64) string {
	n := int64(rate)
	switch {
	case n%(1<<20) == 0:
		return fmt.Sprintf("%dMiB/s", n>>20)
	case n%(1<<10) == 0:
		return fmt.Sprintf("%dKiB/s", n>>10)
	}
	return fmt.Sprintf("%d/s", n)
}

// Bytes accepts a number of bytes up to most, which mostText writes with a unit. A value below
// least is left to the caller, who knows why it is too small.
func Bytes(least, most int, mostText string) Kind[int] {
	return Kind[int]{
		Expected: fmt.Sprintf("bytes such as 128, 4KiB or 64KB, from %d to %d (%s)", least, most, mostText), Hint: sizeHint,
		Allowed: []Limits{{Type: "integer", Least: new(float64(least)), Most: new(float64(most))}, {Type: "string", Pattern: bytesForm.String()}},
		Parse: func(s string) (int, bool) {
			m := bytesForm.FindStringSubmatch(s)
			if m == nil {
				return 0, false
			}
			n, _ := strconv.ParseInt(m[1], 10, 64)
			bytes := n * byteUnits[m[2]]
			return int(bytes), bytes <= int64(most)
		},
	}
}
