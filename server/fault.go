package server

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Fault is a defined misbehavior of the server, so that the correct measurement is
// known in advance. The zero value is none. See ParseFault for its text form.
//
// Each stream of a faulty server behaves like an application that handles messages in
// order, one at a time. A message is released and sent its delay after its arrival, or
// after the release of the previous message if that is later.
type Fault struct {
	delay                  delay
	stall, every           time.Duration
	work                   time.Duration
	lose, duplicate, swaps uint64
	drop                   time.Duration
	refuse                 uint64
}

// A delay is a distribution: uniform from low to high, or exponential with mean low.
type delay struct {
	low, high   time.Duration
	exponential bool
	independent bool // values do not depend on those before
}

// Limits of a fault's durations. A stream may outlive its client by its delay.
const (
	maxDelay       = time.Minute
	maxStallPeriod = time.Hour
)

// faults lists all faults.
var faults = []struct {
	name, example string
	set           func(*Fault, string) error
}{
	// delay: each message is delayed by a constant time.
	{"delay", "delay=10ms", durations("", func(f *Fault, d, _ time.Duration) error { return f.setDelay(delay{low: d, high: d}) })},
	// uniform: delays are uniformly distributed.
	{"uniform", "uniform=5ms..15ms", durations("..", setUniform)},
	// exponential: delays are exponentially distributed with this mean.
	{"exponential", "exponential=10ms", durations("", func(f *Fault, d, _ time.Duration) error { return f.setDelay(delay{low: d, exponential: true}) })},
	// random: delays are exponentially distributed with this mean, too, but independent of each other. A stream to which
	// messages come at random is then an M/M/1 queue; in one with exponential, waiting times are shorter.
	{"random", "random=10ms", durations("", func(f *Fault, d, _ time.Duration) error {
		return f.setDelay(delay{low: d, exponential: true, independent: true})
	})},
	// stall: nothing is sent for the first duration once per second duration; see
	// schedule.afterStall.
	{"stall", "stall=400ms/2s", durations("/", setStall)},
	// lose: every n-th message of a stream is not sent.
	{"lose", "lose=10", func(f *Fault, v string) error { return setEvery(&f.lose, 1, v) }},
	// duplicate: every n-th message is sent twice.
	{"duplicate", "duplicate=10", func(f *Fault, v string) error { return setEvery(&f.duplicate, 1, v) }},
	// swap: every n-th message is sent after its successor.
	{"swap", "swap=10", func(f *Fault, v string) error { return setEvery(&f.swaps, 2, v) }},
	// drop: each stream ends that long after the beginning of the steady phase, and the first attempts to open it
	// again are refused.
	{"drop", "drop=1s/2", setDrop},
	// work: the server computes for this time before it sends a message.
	{"work", "work=20us", durations("", func(f *Fault, d, _ time.Duration) error { f.work = d; return nil })},
}

// ParseFault parses a comma-separated list of delay=10ms, uniform=5ms..15ms,
// exponential=10ms, random=10ms (at most one of these four), stall=400ms/2s, lose=10, duplicate=10,
// swap=10, drop=1s/2 and work=20us. An empty text means no fault.
func ParseFault(text string) (Fault, error) {
	var f Fault
	if text == "" {
		return f, nil
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(part, "=")
		if seen[name] {
			return Fault{}, fmt.Errorf("fault %q: duplicate %s", text, name)
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
				return fmt.Errorf("%w, for example %s", err, k.example)
			}
			return nil
		}
		examples = append(examples, k.example)
	}
	return fmt.Errorf("unknown fault; expected one of %s, or a comma-separated list", strings.Join(examples, ", "))
}

// durations parses a duration or, unless separator is empty, two.
func durations(separator string, set func(f *Fault, a, b time.Duration) error) func(*Fault, string) error {
	return func(f *Fault, value string) error {
		var parsed [2]time.Duration
		texts := []string{value}
		if separator != "" {
			first, second, _ := strings.Cut(value, separator)
			texts = []string{first, second}
		}
		for i, text := range texts {
			longest := maxDelay
			if i == 1 {
				longest = maxStallPeriod
			}
			var err error
			if parsed[i], err = time.ParseDuration(text); err != nil || parsed[i] <= 0 || parsed[i] > longest {
				return fmt.Errorf("expected a duration above 0 and up to %v", longest)
			}
		}
		return set(f, parsed[0], parsed[1])
	}
}

func (f *Fault) setDelay(d delay) error {
	if f.delay != (delay{}) {
		return fmt.Errorf("expected only one of delay, uniform, exponential and random")
	}
	f.delay = d
	return nil
}

func setUniform(f *Fault, low, high time.Duration) error {
	if low >= high || high > maxDelay {
		return fmt.Errorf("expected the shorter delay first, and none above %v", maxDelay)
	}
	return f.setDelay(delay{low: low, high: high})
}

func setStall(f *Fault, stall, every time.Duration) error {
	if stall >= every {
		return fmt.Errorf("expected a stall shorter than its period")
	}
	f.stall, f.every = stall, every
	return nil
}

func setDrop(f *Fault, value string) error {
	after, refuse, _ := strings.Cut(value, "/")
	d, err := time.ParseDuration(after)
	n, err2 := strconv.ParseUint(refuse, 10, 32)
	if err != nil || err2 != nil || d <= 0 || d > maxStallPeriod {
		return fmt.Errorf("expected a duration above 0 and up to %v, and the number of attempts to refuse", maxStallPeriod)
	}
	f.drop, f.refuse = d, n
	return nil
}

func setEvery(n *uint64, least uint64, value string) error {
	v, err := strconv.ParseUint(value, 10, 32)
	if err != nil || v < least {
		return fmt.Errorf("expected an integer of at least %d", least)
	}
	*n = v
	return nil
}

// affectsMessages reports whether the fault delays, loses or repeats messages.
func (f Fault) affectsMessages() bool {
	f.work, f.drop, f.refuse = 0, 0, 0
	return f != Fault{}
}
