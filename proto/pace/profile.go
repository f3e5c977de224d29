// Package pace says when a message is due. Profile and Plan are pure: they turn
// rates into intended times, computed from the message's number and never by
// adding, so that nothing drifts. Metronome is the one thing that sleeps: it
// calls its tasks at those times. Both ends pace by it, the generator its sends
// and the server its pushes.
package pace

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Segment is a stretch of time in which the rate goes linearly from From to
// To, both in messages per second.
type Segment struct {
	Duration time.Duration `json:"duration_ns"`
	From     float64       `json:"from"`
	To       float64       `json:"to"`
}

// A Profile is the rate over time, from 0 to the end of its last Segment. The
// zero value is a profile with no arrivals.
type Profile []Segment

// Length is the time that the whole profile takes.
func (p Profile) Length() time.Duration {
	var d time.Duration
	for _, s := range p {
		d += s.Duration
	}
	return d
}

// Peak is the highest rate of the profile.
func (p Profile) Peak() float64 {
	var peak float64
	for _, s := range p {
		peak = max(peak, s.From, s.To)
	}
	return peak
}

// Count returns how many arrivals are planned in [0, t): the integral of the
// rate. It need not be whole.
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

// CountAt is Count of a number of nanoseconds, 0 before the profile begins. Past
// its end the last rate goes on, so that a late send has a gap too.
func (p Profile) CountAt(ns int64) float64 {
	over := time.Duration(ns) - p.Length()
	if over <= 0 || len(p) == 0 {
		return p.Count(time.Duration(ns))
	}
	return p.Count(p.Length()) + p[len(p)-1].To*over.Seconds()
}

// FlatIn is the rate in [from, to), nanoseconds from the profile's beginning, and
// whether it is one rate all the time and above 0.
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

// Time is the inverse of Count: when the n-th arrival is due. It reports false
// when the profile ends before.
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

// timeWithin solves From·t + slope·t²/2 = n in the form that stays exact for a
// slope of zero.
func (s Segment) timeWithin(n float64) time.Duration {
	if n <= 0 {
		return 0
	}
	slope := (s.To - s.From) / s.Duration.Seconds()
	root := math.Sqrt(max(0, s.From*s.From+2*slope*n))
	return min(s.Duration, time.Duration(math.Round(2*n/(s.From+root)*1e9)))
}

// String is the text form that ParseProfile reads: segments "ns:from:to" joined
// by commas.
func (p Profile) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = fmt.Sprintf("%d:%s:%s", s.Duration, formatRate(s.From), formatRate(s.To))
	}
	return strings.Join(parts, ",")
}

func formatRate(r float64) string { return strconv.FormatFloat(r, 'g', -1, 64) }

// ParseProfile reads what String writes. Durations must be positive, rates
// finite and not negative; there are at most 1,000 segments.
func ParseProfile(text string) (Profile, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) > 1000 {
		return nil, fmt.Errorf("profile has %d segments, more than 1000", len(parts))
	}
	p := make(Profile, len(parts))
	for i, part := range parts {
		f := strings.Split(part, ":")
		if len(f) != 3 {
			return nil, fmt.Errorf("profile segment %q is not duration:from:to", part)
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
