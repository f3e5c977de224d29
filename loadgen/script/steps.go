package script

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rtbench/loadgen/driver"
)

// A StepError is the error of a step.
type StepError struct {
	Step *Step
	Err  error
	Last string // the last message received, for people; may be empty
}

func (e *StepError) Error() string {
	s := fmt.Sprintf("%s: step %s: %v", e.Step.Position, e.Step.Do, e.Err)
	if e.Last != "" {
		s += ", found " + e.Last
	}
	return s
}

func (e *StepError) Unwrap() error { return e.Err }

// Class returns the step and the class of its cause.
func (e *StepError) Class() string {
	var unexpected *unexpectedError
	var captured *captureError
	switch {
	case errors.As(e.Err, &unexpected):
		return "step " + e.Step.Do + ": not as expected"
	case errors.As(e.Err, &captured):
		return "step " + e.Step.Do + ": " + captured.class
	}
	return "step " + e.Step.Do + ": " + driver.Class(e.Err)
}

// unexpectedError is the error of a message that does not meet a condition.
type unexpectedError struct{ expected string }

func (e *unexpectedError) Error() string { return "expected " + e.expected }

// runOpening runs the opening steps on st.
func (t *Session) runOpening(ctx context.Context, st driver.Conn) error {
	for i := range t.script.Opening {
		step := &t.script.Opening[i]
		if err := t.runStep(ctx, st, step); err != nil {
			return err
		}
		if ctx.Err() != nil { // st may have been closed for that
			return &StepError{Step: step, Err: ctx.Err()}
		}
	}
	return t.checkMessages()
}

func (t *Session) runStep(ctx context.Context, st driver.Conn, step *Step) error {
	switch step.Do {
	case "think":
		timer := time.NewTimer(step.Pause.Draw(&t.pauses))
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return &StepError{Step: step, Err: ctx.Err()}
		}
	case "wait", "expect":
		return t.awaitMessage(ctx, st, step)
	case "capture":
		if step.takesReply() && !step.SameReply {
			if err := t.awaitMessage(ctx, st, step); err != nil {
				return err
			}
		}
		return t.capture(ctx, st, step)
	}
	if err := t.checkFit(step, step.Format); err != nil {
		return err
	}
	t.values.Unix, t.values.Header = time.Now().UnixNano(), nil
	stop := context.AfterFunc(ctx, func() { _ = st.Close() }) // a Send may block
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

// awaitMessage receives until a message, then t.reply, meets the step's condition. For expect the
// first must; capture takes the first that is not ignored.
func (t *Session) awaitMessage(ctx context.Context, st driver.Conn, step *Step) error {
	ctx, cancel := context.WithTimeout(ctx, step.timeout())
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = st.Close() })
	defer stop()
	expected := t.test(step.Condition)
	seen := ""
	for {
		if !t.records.More() {
			b, err := st.Recv()
			if ctx.Err() != nil {
				return step.timeoutError(ctx, seen)
			}
			if err != nil {
				return &StepError{Step: step, Err: err, Last: seen}
			}
			t.records.Reset(b, t.script.Records)
		}
		b, _ := t.records.Next()
		if t.answers(b) || step.Do == "capture" && t.ignored(b) {
			continue
		}
		if expected.of(b) {
			t.reply = b
			t.records.Keep() // later records belong to the next step or to the load
			return nil
		}
		seen = t.Example(b)
		if step.Do == "expect" {
			return &StepError{Step: step, Err: &unexpectedError{step.Condition.Text}, Last: seen}
		}
	}
}
