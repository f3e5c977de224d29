package script

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/proto/framing"
)

// closing runs the closing steps. The sender runs them, or a separate goroutine if a step waits,
// because the sender may be the receiver, and messages still arrive.
type closing struct {
	ctx      context.Context // ends when the stream is closed
	cancel   context.CancelFunc
	expected atomic.Pointer[expectation]
	code     atomic.Int64 // of our Close frame; 0: none

	mu      sync.Mutex
	started bool
	closed  bool
	steps   sync.WaitGroup // waits for the separate goroutine, and those of background
}

// An expectation is a message that a closing step waits for. It may be met as soon as the
// previous waiting step is done, since a reply may arrive before the step starts.
type expectation struct {
	step   *Step
	test   test
	result chan error // receives nil if met
	next   *expectation
}

// firstExpectation returns the expectation of the first closing step that waits, nil if none does.
func (t *Session) firstExpectation() (first *expectation) {
	steps := t.script.Closing
	for i := range slices.Backward(steps) {
		if steps[i].Do == "wait" || steps[i].Do == "expect" {
			first = &expectation{&steps[i], t.test(steps[i].Condition), make(chan error, 1), first}
		}
	}
	return first
}

// closingWaits reports whether a closing step waits.
func (s *Script) closingWaits() bool {
	return slices.ContainsFunc(s.Closing, func(step Step) bool {
		return step.Do == "wait" || step.Do == "expect" || step.Do == "think"
	})
}

// CloseSend runs the closing steps and ends sending; again, it only ends sending. If a step waits, a
// goroutine runs them, and passes its error to failed.
func (t *Session) CloseSend(failed func(error)) error {
	c, lingers := &t.closing, t.script.closingWaits()
	c.mu.Lock()
	again, closed := c.started, c.closed
	c.started = true
	if lingers && !again && !closed {
		c.steps.Go(func() {
			if err := t.runClosing(); err != nil {
				failed(err)
			}
		})
	}
	c.mu.Unlock()
	switch {
	case closed:
		return net.ErrClosed
	case lingers:
		return nil
	case again:
		return t.stream.CloseSend()
	}
	return t.runClosing()
}

// Close closes the stream and waits for the closing steps.
func (t *Session) Close() error {
	c := &t.closing
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	err := t.stream.Close()
	c.steps.Wait()
	if next := t.background.next; next != nil {
		next.Stop()
	}
	return err
}

func (t *Session) runClosing() error {
	next := t.firstExpectation()
	t.closing.expected.Store(next)
	for i := range t.script.Closing {
		step := &t.script.Closing[i]
		var err error
		switch {
		case step.Do == "close" && t.stream.Codes != nil:
			t.closing.code.Store(int64(step.Code))
			return t.stream.Codes.CloseWith(step.Code)
		case step.Do == "close":
			return t.stream.CloseSend()
		case step.Do == "wait", step.Do == "expect":
			err = t.closing.await(next)
			next = next.next
		default:
			err = t.runStep(t.closing.ctx, t.stream, step)
		}
		if err != nil {
			return err
		}
	}
	return t.stream.CloseSend()
}

// EndError returns the reason for the stream's end: io.EOF if the peer closed with our own close code,
// since it only returns the code, else err.
func (t *Session) EndError(err error) error {
	var closed *framing.CloseError
	if errors.As(err, &closed) && int64(closed.Code) == t.closing.code.Load() {
		return io.EOF
	}
	return err
}

// await waits until the receiver has met the expectation of a step.
func (c *closing) await(w *expectation) error {
	ctx, cancel := context.WithTimeout(c.ctx, w.step.timeout())
	defer cancel()
	select {
	case err := <-w.result:
		return err
	case <-ctx.Done():
		c.expected.Store(nil)
		select { // if both are ready, select may take either
		case err := <-w.result:
			return err
		default:
			return w.step.timeoutError(ctx, "")
		}
	}
}

// meetsClosing passes a message to the closing step that waits, and reports whether it was
// expected.
func (t *Session) meetsClosing(b []byte) bool {
	w := t.closing.expected.Load()
	if w == nil {
		return false
	}
	is := w.test.of(b)
	switch {
	case is:
		t.closing.expected.CompareAndSwap(w, w.next)
		w.result <- nil
	case w.step.Do == "expect":
		t.closing.expected.CompareAndSwap(w, nil)
		w.result <- &StepError{Step: w.step, Err: &unexpectedError{w.step.Condition.Text}, Last: t.Example(b)}
	}
	return is
}

const defaultStepTimeout = 10 * time.Second

// timeout returns the longest time that a step waits.
func (s *Step) timeout() time.Duration {
	if s.Within > 0 {
		return s.Within
	}
	return defaultStepTimeout
}

// timeoutError returns the error of a step that waited until ctx ended.
func (s *Step) timeoutError(ctx context.Context, seen string) error {
	if s.Condition == nil {
		return &StepError{Step: s, Err: fmt.Errorf("no message within %v: %w", s.timeout(), ctx.Err()), Last: seen}
	}
	return &StepError{Step: s, Err: fmt.Errorf("no message matched `%s` within %v: %w", s.Condition.Text, s.timeout(), ctx.Err()), Last: seen}
}
