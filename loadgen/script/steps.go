package script

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"rtbench/loadgen/driver"
	"rtbench/scenarios/template"
)

// A StepError is why a step could not be done.
type StepError struct {
	Step *Step
	Err  error
	Seen string // the message that came last, for people; empty: none
}

// Error implements error.
func (e *StepError) Error() string {
	s := fmt.Sprintf("%s: step %s: %v", e.Step.Where, e.Step.Do, e.Err)
	if e.Seen != "" {
		s += ", came " + e.Seen
	}
	return s
}

// Unwrap returns the cause.
func (e *StepError) Unwrap() error { return e.Err }

// Class is the step and the class of its cause.
func (e *StepError) Class() string {
	var unexpected *unexpectedError
	if errors.As(e.Err, &unexpected) {
		return "step " + e.Step.Do + ": not as expected"
	}
	return "step " + e.Step.Do + ": " + driver.Class(e.Err)
}

// An unexpectedError says what was expected.
type unexpectedError struct{ expected string }

func (e *unexpectedError) Error() string { return "expected " + e.expected }

// perform does the opening steps on st.
func (t *talk) perform(ctx context.Context, st driver.Stream) error {
	for i := range t.script.Opening {
		step := &t.script.Opening[i]
		if err := t.step(ctx, st, step); err != nil {
			return err
		}
		if ctx.Err() != nil { // which may have closed st
			return &StepError{Step: step, Err: ctx.Err()}
		}
	}
	return nil
}

func (t *talk) step(ctx context.Context, st driver.Stream, step *Step) error {
	switch step.Do {
	case "think":
		timer := time.NewTimer(step.Pause)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return &StepError{Step: step, Err: ctx.Err()}
		}
	case "wait", "expect":
		return t.await(ctx, st, step)
	}
	t.values.Unix = time.Now().UnixNano()
	stop := context.AfterFunc(ctx, func() { _ = st.Close() }) // a Send may wait for the server
	err := st.Send(step.Format.Append(nil, &t.values))
	stopped := stop()
	if err == nil {
		return nil
	}
	if !stopped && ctx.Err() != nil {
		err = ctx.Err()
	}
	return &StepError{Step: step, Err: err}
}

// await takes messages until one is as it must be, of expect the first.
func (t *talk) await(ctx context.Context, st driver.Stream, step *Step) error {
	ctx, cancel := context.WithTimeout(ctx, step.within())
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = st.Close() })
	defer stop()
	field := step.Condition.finder()
	seen := ""
	for {
		if !t.records.More() {
			b, err := st.Recv()
			if ctx.Err() != nil {
				return step.nothing(ctx, seen)
			}
			if err != nil {
				return &StepError{Step: step, Err: err, Seen: seen}
			}
			t.records.Reset(b, t.script.Records)
		}
		b, _ := t.records.Next()
		if step.Condition.holds(field, b) {
			t.records.Keep() // later records are the next step's, or the load's
			return nil
		}
		seen = t.script.Example(b)
		if step.Do == "expect" {
			return &StepError{Step: step, Err: &unexpectedError{step.Condition.Text}, Seen: seen}
		}
	}
}

// shown is how much of a message stands in an example.
const shown = 200

// Example returns a message for people to read, without secrets, and cut.
func (s *Script) Example(b []byte) string {
	broken := s.Show == nil && !template.IsJSON(b)
	if s.Mask != nil {
		b = s.Mask(b)
	}
	if s.Show != nil {
		return s.Show(b)
	}
	text := strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '.'
		}
		return c
	}, string(b[:min(len(b), shown)]))
	if len(b) > shown {
		text += "…"
	}
	if start := strings.TrimSpace(text); start != "" && (start[0] == '{' || start[0] == '[') && broken {
		text += " (not JSON to its end)"
	}
	return text
}

// KindOf returns the same number for messages of one kind.
func (s *Script) KindOf(b []byte) uint64 {
	if s.Kind != nil {
		return s.Kind(b)
	}
	return template.Kind(b)
}

// parse reads a stamp as Unix nanoseconds.
func (s *Stamp) parse(value []byte) (int64, bool) {
	if s.Unit == 0 {
		at, err := time.Parse(time.RFC3339Nano, string(value))
		return at.UnixNano(), err == nil
	}
	return scaled(value, int64(s.Unit))
}

// scaled reads a decimal number, with a fraction or without, of so many nanoseconds each.
// It allocates nothing and rounds nothing that a float would.
func scaled(value []byte, unit int64) (int64, bool) {
	var whole, fraction int64
	scale := unit
	dot := false
	for _, c := range value {
		switch {
		case c == '.' && !dot:
			dot = true
		case c < '0' || c > '9':
			f, err := strconv.ParseFloat(string(value), 64) // 1.7e18
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
