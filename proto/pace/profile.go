// Package pace computes when messages are due, and fires them. Profile, Plan and Turns are
// pure: they compute intended times from message numbers, never by adding intervals, so that
// nothing drifts. Metronome is the only part that sleeps. The load generator paces its
// sends with it, the server its pushes.
package pace

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Segment is a period in which the rate changes linearly from From to To, in messages
// per second.
type Segment struct {
	Duration time.Duration `json:"duration_ns"`
	From     float64       `json:"from"`
	To       float64       `json:"to"`
}

// A Profile is a rate over time, from 0 to the end of its last Segment. The zero value
// has no arrivals.
type Profile []Segment

// Length returns the duration of the profile.
func (p Profile) Length() time.Duration {
	var d time.Duration
	for _, s := range p {
		d += s.Duration
	}
	return d
}

// Peak returns the highest rate of the profile.
func (p Profile) Peak() float64 {
	var peak float64
	for _, s := range p {
		peak = max(peak, s.From, s.To)
	}
	return peak
}

// Count returns the number of arrivals planned in [0, t): the integral of the rate, not
// necessarily a whole number.
func (p Profile) Count(t time.Duration) float64 {
	var n float64
	for _, s := range p {
		if t <= 0 {
			break
		}
		d := min(t, s.Duration).Seconds()
		slope := (s.To - s.From) / s.Duration.Seconds()
		n += s.From*d + slope*d*d/2
		t -= s.Duration
	}
	return n
}

// CountAt returns Count at a number of nanoseconds, and 0 before the profile begins.
// After its end the last rate continues, so that late messages have gaps too.
func (p Profile) CountAt(ns int64) float64 {
	over := time.Duration(ns) - p.Length()
	if over <= 0 || len(p) == 0 {
		return p.Count(time.Duration(ns))
	}
	return p.Count(p.Length()) + p[len(p)-1].To*over.Seconds()
}

// FlatIn returns the rate in [from, to), in nanoseconds from the profile's beginning, and
// reports whether it is constant and positive.
func (p Profile) FlatIn(from, to int64) (rate float64, flat bool) {
	var start int64
	seen := false
	for _, s := range p {
		end := start + int64(s.Duration)
		if start < to && end > from {
			if s.From != s.To || seen && s.From != rate {
				return 0, false
			}
			rate, seen = s.From, true
		}
		start = end
	}
	return rate, rate > 0
}

// Time is the inverse of Count: it returns the due time of arrival n, or false if the
// profile ends before.
func (p Profile) Time(n float64) (time.Duration, bool) {
	var start time.Duration
	for _, s := range p {
		total := (s.From + s.To) / 2 * s.Duration.Seconds()
		if n < total {
			return start + s.timeWithin(n), true
		}
		n -= total
		start += s.Duration
	}
	return 0, false
}

// timeWithin solves From·t + slope·t²/2 = n in a form that is exact even for a slope of
// 0.
func (s Segment) timeWithin(n float64) time.Duration {
	if n <= 0 {
		return 0
	}
	slope := (s.To - s.From) / s.Duration.Seconds()
	root := math.Sqrt(max(0, s.From*s.From+2*slope*n))
	return min(s.Duration, time.Duration(math.Round(2*n/(s.From+root)*1e9)))
}

// String returns the segments as "ns:from:to", separated by commas.
func (p Profile) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = fmt.Sprintf("%d:%s:%s", s.Duration, formatRate(s.From), formatRate(s.To))
	}
	return strings.Join(parts, ",")
}

func formatRate(r float64) string { return strconv.FormatFloat(r, 'g', -1, 64) }

// ParseProfile parses the output of String. Durations must be positive, rates finite and
// not negative; at most 1,000 segments are allowed.
func ParseProfile(text string) (Profile, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) > 1000 {
		return nil, fmt.Errorf("profile: too many segments (found %d); expected at most 1000", len(parts))
	}
	p := make(Profile, len(parts))
	for i, part := range parts {
		f := strings.Split(part, ":")
		if len(f) != 3 {
			return nil, fmt.Errorf("profile segment %q: expected NANOSECONDS:FROM:TO", part)
		}
		d, errD := strconv.ParseInt(f[0], 10, 64)
		from, errF := strconv.ParseFloat(f[1], 64)
		to, errT := strconv.ParseFloat(f[2], 64)
		if errD != nil || errF != nil || errT != nil || d <= 0 || !validRate(from) || !validRate(to) {
			return nil, fmt.Errorf("profile segment %q: expected nanoseconds above 0 and two rates from 0 to 1e9", part)
		}
		p[i] = Segment{Duration: time.Duration(d), From: from, To: to}
	}
	return p, nil
}

func validRate(r float64) bool { return r >= 0 && r <= 1e9 }
