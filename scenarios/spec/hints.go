package spec

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"rtbench/internal/lazyregexp"
)

var (
	notQuiteRate     = lazyregexp.New(`(?i)^\+?([\d.,_]+)\s*(k|m|million|thousand|)\s*(?:(?:msgs?|messages?|events?|req|requests?|ops?)?\s*(?:/|per)?\s*(?:s|sec|secs|second|seconds)?|[qrtm]ps|hz)$`)
	notQuiteMinute   = lazyregexp.New(`(?i)^([\d.]+)\s*(k|)\s*\w*\s*(?:/|per)\s*(?:m|min|minute)$`)
	notQuiteDuration = lazyregexp.New(`(?i)^\+?(\d+(?:\.\d+)?)\s*(ms|msecs?|milliseconds?|millis|us|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|)$`)
	notQuiteSize     = lazyregexp.New(`(?i)^(\d+(?:\.\d+)?)\s*(k|m|)(i?)\s*(b|bytes?|)$`)
)

func didYouMean(text string) string { return fmt.Sprintf("; did you mean %s?", text) }

// rateHint suggests a rate for invalid text.
func rateHint(s string) string {
	if m := notQuiteMinute.FindStringSubmatch(s); m != nil {
		if v, err := strconv.ParseFloat(m[1], 64); err == nil && v > 0 {
			if m[2] != "" {
				v *= 1000
			}
			return didYouMean(FormatRate(float64(int(v/60*1000)) / 1000))
		}
	}
	m := notQuiteRate.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return ""
	}
	unit := map[string]string{"k": "k", "thousand": "k", "m": "M", "million": "M"}[strings.ToLower(m[2])]
	meant := strings.NewReplacer(",", "", "_", "").Replace(m[1]) + unit + "/s"
	if _, ok := parseRate(meant); !ok {
		return ""
	}
	return didYouMean(meant)
}

// durationHint suggests a duration for invalid text.
func durationHint(s string) string {
	m := notQuiteDuration.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return ""
	}
	unit := strings.ToLower(m[2])
	switch {
	case unit == "":
		return didYouMean(m[1]+"s") + " (or " + m[1] + "ms: a number needs a unit)"
	case strings.HasPrefix(unit, "ms"), strings.HasPrefix(unit, "milli"):
		unit = "ms"
	case strings.HasPrefix(unit, "d"):
		hours, _ := strconv.ParseFloat(m[1], 64)
		m[1], unit = strconv.FormatFloat(hours*24, 'f', -1, 64), "h"
	default:
		unit = strings.TrimSuffix(unit[:1]+"s", "s") // s, m, h
		if strings.EqualFold(m[2], "us") {
			unit = "us"
		}
	}
	if d, err := time.ParseDuration(m[1] + unit); err != nil || d <= 0 || d > MaxDuration {
		return ""
	}
	return didYouMean(m[1] + unit)
}

// sizeHint suggests a size for invalid text.
func sizeHint(s string) string {
	m := notQuiteSize.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return ""
	}
	v, _ := strconv.ParseFloat(m[1], 64)
	letter := strings.ToUpper(m[2])
	of := map[string][2]float64{"": {1, 1}, "K": {1000, 1024}, "M": {1e6, 1 << 20}}[letter]
	decimal, binary := v*of[0], v*of[1]
	whole := func(f float64) bool { return f == float64(int(f)) && f >= 1 && f <= 1<<20 }
	switch {
	case strings.Contains(m[1], ".") && whole(binary):
		return didYouMean(strconv.Itoa(int(binary)))
	case strings.Contains(m[1], "."), !whole(decimal):
		return ""
	case letter == "":
		return didYouMean(m[1])
	case m[3] != "":
		return didYouMean(m[1] + letter + "iB")
	}
	return fmt.Sprintf("; did you mean %s%sB (%d bytes) or %s%siB (%d)?", m[1], letter, int(decimal), m[1], letter, int(binary))
}

// integerHint suggests an integer for invalid text.
func integerHint(s string) string {
	plain := strings.NewReplacer(",", "", "_", "", " ", "").Replace(s)
	factor := 1.0
	if k, ok := strings.CutSuffix(strings.ToLower(plain), "k"); ok {
		plain, factor = k, 1000
	}
	v, err := strconv.ParseFloat(strings.TrimLeft(plain, "0"), 64)
	if v *= factor; err != nil || v != float64(int64(v)) || v < 1 || v > 1e6 {
		return ""
	}
	if meant := strconv.FormatInt(int64(v), 10); meant != s {
		return didYouMean(meant)
	}
	return ""
}
