package script

import (
	"context"
	"fmt"
	"slices"

	"rtbench/loadgen/driver"
	"rtbench/scenarios/template"
)

// A Capture takes a value from a reply, or from the response that opened the stream, into
// template.Values.Captured.
type Capture struct {
	Index  int // in Values.Captured
	Field  func() template.Field
	Path   string // for messages to the user
	Header string // of the response; empty: Field finds the value in a reply
	Secret bool   // its value must not be shown
}

// takesReply reports whether a step takes values from a reply.
func (s *Step) takesReply() bool {
	return slices.ContainsFunc(s.Captures, func(c Capture) bool { return c.Header == "" })
}

// A captureError is the error of a reply whose values cannot be used.
type captureError struct{ text, class string }

func (e *captureError) Error() string { return e.text }

// minSecret is the least length of a secret. Shorter values would match parts of words.
const minSecret = 4

// capture takes the values of a step from the last reply, and from the response that opened st.
func (t *Session) capture(ctx context.Context, st driver.Conn, step *Step) error {
	for i := range step.Captures {
		c := &step.Captures[i]
		find := t.inReply
		if c.Header != "" {
			find = func(step *Step, c *Capture) ([]byte, error) { return t.inHeader(ctx, st, step, c) }
		}
		value, err := find(step, c)
		if err != nil {
			return err
		}
		captured := template.NewCapture(value)
		t.values.Captured[c.Index] = captured
		if c.Secret && len(value) >= minSecret {
			t.secrets = append(t.secrets, captured)
		}
	}
	t.refresh()
	return nil
}

// inReply returns the value of a capture in the last reply.
func (t *Session) inReply(step *Step, c *Capture) ([]byte, error) {
	value, ok := c.Field().Find(t.reply)
	if ok && string(value) != "null" {
		return value, nil
	}
	found := "no value"
	if ok {
		found = "null"
	}
	return nil, &StepError{Step: step, Err: &captureError{fmt.Sprintf("expected a value at %s: %s", c.Path, found), "no value"}, Last: t.Example(t.reply)}
}

// inHeader returns the value of a capture in the response that opened st.
func (t *Session) inHeader(ctx context.Context, st driver.Conn, step *Step, c *Capture) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, step.timeout())
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = st.Close() })()
	var value string
	ok, err := false, error(nil)
	if t.stream.Header != nil {
		value, ok, err = t.stream.Header(c.Header)
	}
	switch {
	case ctx.Err() != nil:
		return nil, &StepError{Step: step, Err: fmt.Errorf("no response header within %v: %w", step.timeout(), ctx.Err())}
	case err != nil:
		return nil, &StepError{Step: step, Err: err}
	case !ok:
		return nil, &StepError{Step: step, Err: &captureError{fmt.Sprintf("expected header %s in the response: no value", c.Header), "no value"}}
	}
	return []byte(value), nil
}

// checkFit returns an error of a step if the captured values do not fit a message.
func (t *Session) checkFit(step *Step, messages ...template.Format) error {
	for _, m := range messages {
		c, ok := m.(template.Checker)
		if !ok {
			continue
		}
		if err := c.Check(&t.values); err != nil {
			return &StepError{Step: step, Err: &captureError{err.Error(), "captured value does not fit"}}
		}
	}
	return nil
}

// checkMessages returns an error of the last step that captures if its values do not fit the
// measured messages or the closing steps.
func (t *Session) checkMessages() error {
	var last *Step
	for i := range t.script.Opening {
		if step := &t.script.Opening[i]; step.Do == "capture" {
			last = step
		}
	}
	if last == nil {
		return nil
	}
	if err := t.checkFit(last, t.script.Messages...); err != nil {
		return err
	}
	for i := range t.script.Closing {
		if err := t.checkFit(&t.script.Closing[i], t.script.Closing[i].Format); err != nil {
			return err
		}
	}
	return nil
}

// Example is Script.Example with captured secrets masked.
func (t *Session) Example(b []byte) string {
	for _, s := range t.secrets {
		b = s.Mask(b)
	}
	return t.script.Example(b)
}
