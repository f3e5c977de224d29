package scenarios

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"rtbench/proto"
)

// word reads one of a set of words.
func word(words []string) parser[string] {
	return func(s string) (string, string) {
		for _, w := range words {
			if s == w {
				return s, ""
			}
		}
		return "", "one of " + strings.Join(words, ", ") + nearest(s, words)
	}
}

func boolean(s string) (bool, string) {
	switch s {
	case "true":
		return true, ""
	case "false":
		return false, ""
	}
	return false, "true or false"
}

// whole reads a whole number in a range.
func whole(least, most int) parser[int] {
	return func(s string) (int, string) {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return 0, fmt.Sprintf("a whole number from %d to %d", least, most)
		}
		return n, ""
	}
}

func seed(s string) (int64, string) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, "a whole number"
	}
	return n, ""
}

// duration reads a time in Go's syntax.
func duration(least time.Duration) parser[time.Duration] {
	return func(s string) (time.Duration, string) {
		d, err := time.ParseDuration(s)
		if err != nil || d < least || d > 24*time.Hour {
			return 0, fmt.Sprintf("a duration such as 500ms, 10s or 2m, from %v to 24h", least)
		}
		return d, ""
	}
}

// maxRate is the most messages per second that make sense to ask of one machine.
const maxRate = 1e8

// rate reads messages per second: 500/s, 20k/s, 1.5M/s.
func rate(s string) (float64, string) {
	const expected = "messages per second such as 500/s, 20k/s or 1.5M/s, above 0 and at most 100M/s"
	number, ok := strings.CutSuffix(s, "/s")
	factor := 1.0
	switch {
	case strings.HasSuffix(number, "k"):
		number, factor = strings.TrimSuffix(number, "k"), 1e3
	case strings.HasSuffix(number, "M"):
		number, factor = strings.TrimSuffix(number, "M"), 1e6
	}
	v, err := strconv.ParseFloat(number, 64)
	v *= factor
	if !ok || err != nil || math.IsNaN(v) || v < 1e-3 || v > maxRate {
		return 0, expected
	}
	return v, ""
}

// FormatRate is the inverse of the reading of a rate.
func FormatRate(r float64) string {
	switch {
	case r >= 1e6:
		return strconv.FormatFloat(r/1e6, 'f', -1, 64) + "M/s"
	case r >= 1e3:
		return strconv.FormatFloat(r/1e3, 'f', -1, 64) + "k/s"
	}
	return strconv.FormatFloat(r, 'f', -1, 64) + "/s"
}

// size reads bytes: 128, 1KB, 64KiB.
func size(s string) (int, string) {
	expected := fmt.Sprintf("bytes such as 128, 4KiB or 64KB, from 1 to %d", proto.MaxSize)
	number, factor := s, 1
	for _, u := range []struct {
		suffix string
		factor int
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"KB", 1e3}, {"MB", 1e6}, {"B", 1}} {
		if n, ok := strings.CutSuffix(s, u.suffix); ok {
			number, factor = strings.TrimSpace(n), u.factor
			break
		}
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > proto.MaxSize || n*factor > proto.MaxSize {
		return 0, expected
	}
	return n * factor, ""
}
