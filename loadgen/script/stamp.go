package script

import (
	"strconv"
	"time"
)

// parse parses a stamp into Unix nanoseconds.
func (s *Stamp) parse(value []byte) (int64, bool) {
	if s.Unit == 0 {
		at, err := time.Parse(time.RFC3339Nano, string(value))
		return at.UnixNano(), err == nil
	}
	return parseScaled(value, int64(s.Unit))
}

// parseScaled parses a decimal number of units, with or without a fraction, into nanoseconds. It
// does not allocate and does not round as a float would.
func parseScaled(value []byte, unit int64) (int64, bool) {
	var whole, fraction int64
	scale := unit
	dot := false
	for _, c := range value {
		switch {
		case c == '.' && !dot:
			dot = true
		case c < '0' || c > '9':
			f, err := strconv.ParseFloat(string(value), 64) // such as 1.7e18
			return int64(f * float64(unit)), err == nil && f >= 0 && f*float64(unit) < 9.2e18
		case !dot:
			if whole > (1<<63-1)/10/unit {
				return 0, false
			}
			whole = whole*10 + int64(c-'0')
		case scale > 1:
			scale /= 10
			fraction += int64(c-'0') * scale
		}
	}
	if len(value) == 0 || (dot && len(value) == 1) {
		return 0, false
	}
	return whole*unit + fraction, whole <= (1<<63-1-fraction)/unit
}
