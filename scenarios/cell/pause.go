package cell

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"strings"
	"time"

	"rtbench/scenarios/spec"
)

// A Pause is a time to wait: the same each time, or drawn from a distribution. The zero value is none.
type Pause struct {
	mean, least, most time.Duration
	form              pauseForm
}

type pauseForm uint8

const (
	constantPause pauseForm = iota
	uniformPause
	exponentialPause
)

// maxMeans bounds an exponential pause, in means. One in 500 million would be longer.
const maxMeans = 20

// ConstantPause returns a pause of d.
func ConstantPause(d time.Duration) Pause { return Pause{mean: d, least: d, most: d} }

// ParsePause parses a duration such as 10ms, exponential(MEAN), or uniform(LEAST, MOST), inclusive.
func ParsePause(text string) (Pause, error) {
	d, ok := duration(text)
	if ok {
		return ConstantPause(d), nil
	}
	name, rest, _ := strings.Cut(strings.TrimSpace(text), "(")
	inside, closed := strings.CutSuffix(rest, ")")
	first, second, two := strings.Cut(inside, ",")
	a, ok := duration(first)
	b, both := duration(second)
	switch {
	case closed && name == "exponential" && !two && ok && a > 0 && a <= spec.MaxDuration/maxMeans:
		return Pause{mean: a, most: maxMeans * a, form: exponentialPause}, nil
	case closed && name == "uniform" && ok && both && a <= b && b > 0:
		return Pause{mean: a + (b-a)/2, least: a, most: b, form: uniformPause}, nil
	}
	return Pause{}, fmt.Errorf("found %q; expected %s", spec.Shorten(text), pauseKind.Expected)
}

func duration(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0 && d <= spec.MaxDuration
}

// Draw returns the time of one pause.
func (p Pause) Draw(r *rand.PCG) time.Duration {
	switch p.form {
	case uniformPause:
		above, _ := bits.Mul64(r.Uint64(), uint64(p.most-p.least)+1)
		return p.least + time.Duration(above)
	case exponentialPause:
		return min(p.most, time.Duration(float64(p.mean)*rand.New(r).ExpFloat64()))
	}
	return p.mean
}

// Rest returns the remainder of a pause from a random time on. Its density is (1 − F(t)) / mean: the stationary
// forward recurrence time of renewal theory (Cox 1962).
func (p Pause) Rest(r *rand.PCG) time.Duration {
	if p.form == exponentialPause { // without memory
		return p.Draw(r)
	}
	// A random time lies in a pause with a probability proportional to its length.
	random := rand.New(r)
	least, most := float64(p.least), float64(p.most)
	length := math.Sqrt(least*least + random.Float64()*(most*most-least*least))
	return time.Duration(random.Float64() * length)
}

// Mean returns the mean pause, and Most the longest.
func (p Pause) Mean() time.Duration { return p.mean }

// Most returns the longest pause.
func (p Pause) Most() time.Duration { return p.most }

// Equal reports whether o is the same pause, for tests.
func (p Pause) Equal(o Pause) bool { return p == o }

// String returns the pause as a scenario writes it.
func (p Pause) String() string {
	switch p.form {
	case uniformPause:
		return fmt.Sprintf("uniform(%v, %v)", p.least, p.most)
	case exponentialPause:
		return fmt.Sprintf("exponential(%v)", p.mean)
	}
	return p.mean.String()
}

// MarshalText implements encoding.TextMarshaler.
func (p Pause) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Pause) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePause(string(text))
	return err
}

const pauseDuration = `(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+`

var pauseKind = spec.Kind[Pause]{
	Expected: "a duration such as 10ms, up to 24h, exponential(MEAN) such as exponential(10ms), or uniform(LEAST, MOST) such as uniform(5ms, 20ms)",
	Allowed: append(spec.Duration(0).Allowed, spec.Limits{
		Type: "string", Pattern: `^(exponential\(` + pauseDuration + `\)|uniform\((0|` + pauseDuration + `), ?` + pauseDuration + `\))$`,
	}),
	Hint: func(s string) string {
		word, _, _ := strings.Cut(s, "(")
		switch spec.NearestWord(word, "exponential exp poisson random", "uniform between range") {
		case "exponential":
			return `; did you mean "exponential(10ms)"?`
		case "uniform":
			return `; did you mean "uniform(5ms, 20ms)"?`
		}
		return spec.Duration(0).Hint(s)
	},
}

// PauseKind accepts a pause.
func PauseKind() spec.Kind[Pause] {
	k := pauseKind
	k.Parse = func(s string) (Pause, bool) {
		p, err := ParsePause(s)
		return p, err == nil
	}
	return k
}
