package server

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Fault is what the server does wrong, exactly, so that what must be measured
// is known before. The zero value is none. ParseFault tells its text form.
//
// The streams of a faulty server have an application each that takes the
// messages in their order, one at a time: a message is released its delay after
// it came, or after the one before it was released if that is later, and then
// goes out.
type Fault struct {
	delay                  delay
	stall, every           time.Duration
	work                   time.Duration
	lose, duplicate, swaps uint64
}

// A delay is a distribution: from low to high evenly, or exponential with the
// mean low.
type delay struct {
	low, high   time.Duration
	exponential bool
}

// The longest durations that a fault may have. A stream whose client has left
// may last as long as its delay.
const (
	longestDelay = time.Minute
	longestEvery = time.Hour
)

// faults is the table of what ParseFault knows.
var faults = []struct {
	name, example string
	set           func(*Fault, string) error
}{
	// delay: each message is delayed by the same.
	{"delay", "delay=10ms", setDelay},
	// uniform: delays from one to the other, evenly distributed.
	{"uniform", "uniform=5ms..15ms", setUniform},
	// exponential: delays exponentially distributed, with that mean.
	{"exponential", "exponential=10ms", setExponential},
	// stall: nothing goes out for the first duration once every second duration;
	// see schedule.afterStall for when.
	{"stall", "stall=400ms/2s", setStall},
	// lose: every n-th message of a stream does not go out.
	{"lose", "lose=10", func(f *Fault, v string) error { return setEvery(&f.lose, 1, v) }},
	// duplicate: every n-th goes out twice.
	{"duplicate", "duplicate=10", func(f *Fault, v string) error { return setEvery(&f.duplicate, 1, v) }},
	// swap: every n-th goes out after its successor.
	{"swap", "swap=10", func(f *Fault, v string) error { return setEvery(&f.swaps, 2, v) }},
	// work: the server computes so long for each message that goes out.
	{"work", "work=20us", func(f *Fault, v string) (err error) { f.work, err = parseDuration(v, longestDelay); return err }},
}

// ParseFault reads the text form of a fault: one or more of delay=10ms,
// uniform=5ms..15ms, exponential=10ms (one of these three), stall=400ms/2s,
// lose=10, duplicate=10, swap=10 and work=20us, with commas between them. The
// empty text is no fault.
func ParseFault(text string) (Fault, error) {
	var f Fault
	if text == "" {
		return f, nil
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(part, "=")
		if seen[name] {
			return Fault{}, fmt.Errorf("fault %q: %s is there twice", text, name)
		}
		seen[name] = true
		if err := f.set(name, value); err != nil {
			return Fault{}, fmt.Errorf("fault %q: %w", part, err)
		}
	}
	return f, nil
}

func (f *Fault) set(name, value string) error {
	var examples []string
	for _, k := range faults {
		if k.name == name {
			if err := k.set(f, value); err != nil {
				return fmt.Errorf("%w, as in %s", err, k.example)
			}
			return nil
		}
		examples = append(examples, k.example)
	}
	return fmt.Errorf("there is no such fault; expected one of %s, or several with commas between them", strings.Join(examples, ", "))
}

func parseDuration(text string, longest time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > longest {
		return 0, fmt.Errorf("expected a duration above 0 and up to %v", longest)
	}
	return d, nil
}

func (f *Fault) setOneDelay(d delay) error {
	if f.delay != (delay{}) {
		return fmt.Errorf("expected only one of delay, uniform and exponential")
	}
	f.delay = d
	return nil
}

func setDelay(f *Fault, value string) error {
	d, err := parseDuration(value, longestDelay)
	if err != nil {
		return err
	}
	return f.setOneDelay(delay{low: d, high: d})
}

func setUniform(f *Fault, value string) error {
	from, to, _ := strings.Cut(value, "..")
	low, err := parseDuration(from, longestDelay)
	if err != nil {
		return err
	}
	high, err := parseDuration(to, longestDelay)
	if err != nil {
		return err
	}
	if low >= high {
		return fmt.Errorf("expected the shorter delay first")
	}
	return f.setOneDelay(delay{low: low, high: high})
}

func setExponential(f *Fault, value string) error {
	d, err := parseDuration(value, longestDelay)
	if err != nil {
		return err
	}
	return f.setOneDelay(delay{low: d, exponential: true})
}

func setStall(f *Fault, value string) error {
	stall, every, _ := strings.Cut(value, "/")
	var err error
	if f.stall, err = parseDuration(stall, longestDelay); err != nil {
		return err
	}
	if f.every, err = parseDuration(every, longestEvery); err != nil {
		return err
	}
	if f.stall >= f.every {
		return fmt.Errorf("expected a stall shorter than the time from one to the next")
	}
	return nil
}

func setEvery(n *uint64, least uint64, value string) error {
	v, err := strconv.ParseUint(value, 10, 32)
	if err != nil || v < least {
		return fmt.Errorf("expected a whole number from %d", least)
	}
	*n = v
	return nil
}

// String returns the text form, from which ParseFault makes the same fault.
func (f Fault) String() string {
	var parts []string
	add := func(is bool, format string, args ...any) {
		if is {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	d := f.delay
	add(d.exponential, "exponential=%v", d.low)
	add(d.high > d.low, "uniform=%v..%v", d.low, d.high)
	add(d.high > 0 && d.high == d.low, "delay=%v", d.low)
	add(f.stall > 0, "stall=%v/%v", f.stall, f.every)
	add(f.lose > 0, "lose=%d", f.lose)
	add(f.duplicate > 0, "duplicate=%d", f.duplicate)
	add(f.swaps > 0, "swap=%d", f.swaps)
	add(f.work > 0, "work=%v", f.work)
	return strings.Join(parts, ",")
}

// mangles says whether the fault is more than work.
func (f Fault) mangles() bool {
	f.work = 0
	return f != Fault{}
}
