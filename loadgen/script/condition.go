package script

import "rtbench/scenarios/template"

// A Condition is a predicate on messages.
type Condition struct {
	Field func() template.Field // nil: the whole message
	// Holds is the predicate on the value. If it depends on values of the stream, such as captured ones, On
	// makes it for a stream instead: nil before they are captured.
	Holds func(value []byte) bool
	On    func(*template.Values) func(value []byte) bool
	// Text is the condition as the user wrote it.
	Text string
}

// A test is a condition on the messages of one stream. The zero value holds for all.
type test struct {
	condition *Condition
	field     template.Field // nil: the whole message
	holds     func(value []byte) bool
}

// test returns the test of c, which may be nil, with the values of the stream. It holds for no message
// before they are captured.
func (t *Session) test(c *Condition) test {
	if c == nil {
		return test{}
	}
	return test{c, finder(c.Field), c.predicate(&t.values)}
}

func (c *Condition) predicate(v *template.Values) func(value []byte) bool {
	if c.On != nil {
		return c.On(v)
	}
	return c.Holds
}

// of reports whether b meets the condition.
func (t *test) of(b []byte) bool {
	if t.condition == nil {
		return true
	}
	ok := t.holds != nil
	if ok && t.field != nil {
		b, ok = t.field.Find(b)
	}
	return ok && t.holds(b)
}

// refresh makes the tests of measured messages again, after values were captured.
func (t *Session) refresh() {
	t.expect, t.end = t.test(t.script.Expect), t.test(t.script.End)
	t.ignore = t.ignore[:0]
	for i := range t.script.Ignore {
		t.ignore = append(t.ignore, t.test(&t.script.Ignore[i]))
	}
	for i := range t.script.Answers {
		t.background.answers[i].to = t.test(&t.script.Answers[i].To)
	}
}
