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

	"rtbench/loadgen/driver"
	"rtbench/proto/framing"
)

// A closing is the end of a talk. Its steps are done by whoever ends the sending; where one
// takes its time by a goroutine, as that may be who receives, and messages still come.
type closing struct {
	ctx      context.Context // ends when the stream is closed
	cancel   context.CancelFunc
	expected atomic.Pointer[expectation]
	code     atomic.Int64 // that the stream was closed with here; 0: it was not

	mu      sync.Mutex
	started bool
	closed  bool
	steps   sync.WaitGroup // the goroutine's
}

// A expectation is what a closing step waits for. It is looked for from when the step before it
// that waits has what it is for: the answer to what is said between may come at once.
type expectation struct {
	step   *Step
	result chan error // nil: it is so
	next   *expectation
}

// expectations are those of the steps, nil of steps that wait for nothing.
func expectations(steps []Step) (all []*expectation, first *expectation) {
	all = make([]*expectation, len(steps))
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i].Do == "wait" || steps[i].Do == "expect" {
			first = &expectation{&steps[i], make(chan error, 1), first}
			all[i] = first
		}
	}
	return all, first
}

// closingWaits says whether a closing step takes its time.
func (s *Script) closingWaits() bool {
	return slices.ContainsFunc(s.Closing, func(step Step) bool {
		return step.Do == "wait" || step.Do == "expect" || step.Do == "think"
	})
}

// CloseSend implements driver.Stream, by the closing steps. What fails of those that take
// their time is told to the Watch.
func (s *stream) CloseSend() error {
	lingers := s.session.script.closingWaits()
	switch again, err := s.session.closing.start(lingers, s.runClosingAsync); {
	case err != nil:
		return err
	case again && !lingers:
		return s.Stream.CloseSend()
	case again || lingers:
		return nil
	}
	return s.runClosing()
}

// start has the steps that take their time done beside the caller, once.
func (c *closing) start(lingers bool, linger func()) (again bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false, net.ErrClosed
	}
	again, c.started = c.started, true
	if lingers && !again {
		c.steps.Go(linger)
	}
	return again, nil
}

func (s *stream) runClosingAsync() {
	if err := s.runClosing(); err != nil {
		s.session.observer.Unexpected(driver.Class(err), err.Error(), 0)
	}
}

// Close implements driver.Stream.
func (s *stream) Close() error {
	c := &s.session.closing
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	err := s.Stream.Close()
	c.steps.Wait()
	return err
}

// runClosing does the closing steps and ends the sending.
func (s *stream) runClosing() error {
	t := s.session
	all, first := expectations(t.script.Closing)
	t.closing.expected.Store(first)
	for i := range t.script.Closing {
		step := &t.script.Closing[i]
		var err error
		switch closer, ok := s.raw.(driver.CodeCloser); {
		case step.Do == "close" && ok:
			t.closing.code.Store(int64(step.Code))
			return closer.CloseSendWith(step.Code)
		case step.Do == "close":
			return s.Stream.CloseSend()
		case step.Do == "wait", step.Do == "expect":
			err = t.closing.await(all[i])
		default:
			err = t.runStep(t.closing.ctx, s.raw, step)
		}
		if err != nil {
			return err
		}
	}
	return s.Stream.CloseSend()
}

// endError is why the stream ended: a peer returns the code that it is closed with, which is an
// end in order.
func (c *closing) endError(err error) error {
	var closed *framing.CloseError
	if errors.As(err, &closed) && int64(closed.Code) == c.code.Load() {
		return io.EOF
	}
	return err
}

// await waits until what receives has what a step is for.
func (c *closing) await(w *expectation) error {
	ctx, cancel := context.WithTimeout(c.ctx, w.step.timeout())
	defer cancel()
	select {
	case err := <-w.result:
		return err
	case <-ctx.Done():
		c.expected.Store(nil)
		select { // where both are so, select may take either
		case err := <-w.result:
			return err
		default:
			return w.step.timeoutError(ctx, "")
		}
	}
}

// meetsClosing gives a message to the closing step that waits for one, and says whether it was
// that.
func (t *session) meetsClosing(b []byte) bool {
	w := t.closing.expected.Load()
	if w == nil {
		return false
	}
	is := w.step.Condition.holds(w.step.Condition.finder(), b)
	switch {
	case is:
		t.closing.expected.CompareAndSwap(w, w.next)
		w.result <- nil
	case w.step.Do == "expect":
		t.closing.expected.CompareAndSwap(w, nil)
		w.result <- &StepError{Step: w.step, Err: &unexpectedError{w.step.Condition.Text}, Last: t.script.Example(b)}
	}
	return is
}

const defaultStepTimeout = 10 * time.Second

// timeout is how long a step waits at most.
func (s *Step) timeout() time.Duration {
	if s.Within > 0 {
		return s.Within
	}
	return defaultStepTimeout
}

// timeoutError is why a step that waited until ctx ended was not done.
func (s *Step) timeoutError(ctx context.Context, seen string) error {
	return &StepError{Step: s, Err: fmt.Errorf("nothing within %v of which %s: %w", s.timeout(), s.Condition.Text, ctx.Err()), Last: seen}
}
