package pace

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"rtbench/internal/lazyregexp"
)

// A Wave makes the rate of a load rise and fall. Over each period the load has as many messages as
// without it. The zero value is no wave.
//
// A wave is a change of time: a message that is due at some moment without the wave, in flat time,
// is due at another one with it.
type Wave struct {
	// Start is the time of the plan at which the wave begins; before it the rate is flat.
	Start time.Duration
	// Period is the length of a period; 0 for no wave.
	Period time.Duration
	// On is the part of each period, its first, that is a burst; 0 for a sine.
	On time.Duration
	// Rest is the rate between bursts as a share of the mean rate, below 1.
	Rest float64
	// Amplitude of a sine as a share of the mean rate, up to 1.
	Amplitude float64
}

var waveForm = lazyregexp.New(`^(bursts|sine)\(([0-9a-zµ.]{1,20}|\d{1,3}%)/([0-9a-zµ.]{1,20})(?:/(\d{1,3})%)?\)(@\d{1,15})?$`)

// String returns the wave as bursts(ON/PERIOD), bursts(ON/PERIOD/REST%) or sine(AMPLITUDE%/PERIOD), followed by @
// and Start in nanoseconds unless it is 0.
func (w Wave) String() string {
	text := ""
	switch {
	case w.Period == 0:
		return ""
	case w.Rest > 0:
		text = fmt.Sprintf("bursts(%v/%v/%.0f%%)", w.On, w.Period, w.Rest*100)
	case w.On > 0:
		text = fmt.Sprintf("bursts(%v/%v)", w.On, w.Period)
	default:
		text = fmt.Sprintf("sine(%.0f%%/%v)", w.Amplitude*100, w.Period)
	}
	if w.Start > 0 {
		text += "@" + strconv.FormatInt(int64(w.Start), 10)
	}
	return text
}

// minPeriod is the shortest period, and the shortest burst.
const minPeriod = time.Millisecond

// ParseWave parses the output of String.
func ParseWave(text string) (w Wave, err error) {
	if text == "" {
		return w, nil
	}
	m := waveForm.FindStringSubmatch(text)
	if m == nil {
		return w, fmt.Errorf("unknown wave (found %q); expected bursts(ON/PERIOD) such as bursts(100ms/1s), or sine(AMPLITUDE/PERIOD) such as sine(80%%/10s)", text)
	}
	w.Period, err = time.ParseDuration(m[3])
	if err != nil || w.Period < minPeriod || w.Period > 24*time.Hour {
		return Wave{}, fmt.Errorf("wave %q: invalid period (found %s); expected %v to 24h", text, m[3], minPeriod)
	}
	if m[5] != "" {
		start, _ := strconv.ParseInt(m[5][1:], 10, 64)
		w.Start = time.Duration(start)
	}
	if m[4] != "" {
		percent, err := strconv.Atoi(m[4])
		if m[1] == "sine" || err != nil || percent > 99 {
			return Wave{}, fmt.Errorf("wave %q: invalid rate between bursts (found %s%%); expected 0%% to 99%% of the mean, for bursts only", text, m[4])
		}
		w.Rest = float64(percent) / 100
	}
	if m[1] == "sine" {
		percent, err := strconv.Atoi(m[2][:len(m[2])-1])
		if m[2][len(m[2])-1] != '%' || err != nil || percent < 1 || percent > 100 {
			return Wave{}, fmt.Errorf("wave %q: invalid amplitude (found %s); expected 1%% to 100%%", text, m[2])
		}
		w.Amplitude = float64(percent) / 100
		return w, nil
	}
	w.On, err = time.ParseDuration(m[2])
	if err != nil || w.On < minPeriod || w.On >= w.Period {
		return Wave{}, fmt.Errorf("wave %q: invalid length of a burst (found %s); expected %v to less than the period", text, m[2], minPeriod)
	}
	return w, nil
}

// Peak returns the highest rate as a multiple of the mean.
func (w Wave) Peak() float64 {
	switch {
	case w.Period == 0:
		return 1
	case w.On > 0:
		return w.inBurst() / float64(w.On)
	}
	return 1 + w.Amplitude
}

// inBurst returns the flat time of a burst: that in which as many messages are due at the mean rate.
func (w Wave) inBurst() float64 { return float64(w.Period) - w.Rest*float64(w.Period-w.On) }

// Flat converts a moment of the plan to flat time.
func (w Wave) Flat(at time.Duration) time.Duration {
	since := at - w.Start
	if w.Period == 0 || since <= 0 {
		return at
	}
	whole, in := since/w.Period*w.Period, float64(since%w.Period)
	period := float64(w.Period)
	if w.On > 0 {
		on := float64(w.On)
		return w.Start + whole + time.Duration(math.Round(min(1, in/on)*w.inBurst()+w.Rest*max(0, in-on)))
	}
	angle := 2 * math.Pi * in / period
	return w.Start + whole + time.Duration(math.Round(in+w.Amplitude*period/(2*math.Pi)*(1-math.Cos(angle))))
}

// Real converts a moment of flat time to the plan's: it is the inverse of Flat.
func (w Wave) Real(flat time.Duration) time.Duration {
	since := flat - w.Start
	if w.Period == 0 || since <= 0 {
		return flat
	}
	whole, in := since/w.Period*w.Period, float64(since%w.Period)
	switch burst := w.inBurst(); {
	case w.On > 0 && (in <= burst || w.Rest == 0):
		return w.Start + whole + time.Duration(math.Round(in*float64(w.On)/burst))
	case w.On > 0:
		return w.Start + whole + w.On + time.Duration(math.Round((in-burst)/w.Rest))
	}
	angle := w.angle(2 * math.Pi * in / float64(w.Period))
	return w.Start + whole + time.Duration(math.Round(angle/(2*math.Pi)*float64(w.Period)))
}

// angle solves x + Amplitude·(1 − cos x) = flat for x from 0 to 2π, by Newton's method, and by
// bisection where that leaves the interval in which the solution is.
func (w Wave) angle(flat float64) float64 {
	low, high := 0.0, 2*math.Pi
	x := flat
	for range 60 {
		sin, cos := math.Sincos(x)
		over := x + w.Amplitude*(1-cos) - flat
		if over > 0 {
			high = x
		} else {
			low = x
		}
		next := x - over/(1+w.Amplitude*sin)
		if !(next > low && next < high) {
			next = (low + high) / 2
		}
		if math.Abs(next-x) < 1e-9 { // it converges quadratically
			return next
		}
		x = next
	}
	return x
}
