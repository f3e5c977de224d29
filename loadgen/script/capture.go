package script

import (
	"fmt"

	"rtbench/scenarios/template"
)

// A Capture takes a value from a reply into template.Values.Captured.
type Capture struct {
	Index  int // in Values.Captured
	Field  func() template.Field
	Path   string // for messages to the user
	Secret bool   // its value must not be shown
}

// A captureError is the error of a reply whose values cannot be used.
type captureError struct{ text, class string }

func (e *captureError) Error() string { return e.text }

// minSecret is the least length of a secret. Shorter values would match parts of words.
const minSecret = 4

// capture takes the values of a step from the last reply.
func (t *Session) capture(step *Step) error {
	for _, c := range step.Captures {
		value, ok := c.Field().Find(t.reply)
		if !ok || string(value) == "null" {
			found := "no value"
			if ok {
				found = "null"
			}
			return &StepError{Step: step, Err: &captureError{fmt.Sprintf("expected a value at %s: %s", c.Path, found), "no value"}, Last: t.Example(t.reply)}
		}
		captured := template.NewCapture(value)
		t.values.Captured[c.Index] = captured
		if c.Secret && len(value) >= minSecret {
			t.secrets = append(t.secrets, captured)
		}
	}
	return nil
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
