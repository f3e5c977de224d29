package template

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"rtbench/scenarios/suggest"
)

// A Capture is a value taken from a reply, for {{.NAME}}. The zero value appends nothing.
type Capture struct{ text, escaped []byte }

// NewCapture returns a copy of a value.
func NewCapture(value []byte) Capture {
	return Capture{bytes.Clone(value), []byte(Escape(string(value)))}
}

// Mask returns text with * for each byte of the value.
func (c Capture) Mask(text []byte) []byte {
	for _, form := range [][]byte{c.text, c.escaped} {
		if len(form) > 0 {
			text = bytes.ReplaceAll(text, form, bytes.Repeat([]byte("*"), len(form)))
		}
	}
	return text
}

// Captured reports whether the action is {{.NAME}}, a captured value with that Name.
func (a *Action) Captured() bool { return a.captured }

// capturedName returns the name of an action that may be a captured value: a dot and a name that
// no action has.
func capturedName(text string) (string, bool) {
	name, dot := strings.CutPrefix(text, ".")
	return name, dot && CheckName(name) == nil
}

// CheckName returns an error if a captured value cannot have the name: it starts with a lower-case
// letter, has only letters, digits and _, and differs from the names of actions in more than case.
func CheckName(name string) error {
	valid := len(name) > 0 && len(name) <= maxName && name[0] >= 'a' && name[0] <= 'z'
	for _, c := range []byte(name) {
		valid = valid && (c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')
	}
	if !valid {
		return fmt.Errorf("found %q; expected a name such as session: a lower-case letter, then letters, digits and _", shown(name))
	}
	for _, action := range append(names(), ".Row") {
		if strings.EqualFold(strings.TrimPrefix(action, "."), name) {
			return fmt.Errorf("%q is the name of the action {{%s}}; did you mean reply_%s?", name, action, strings.ToLower(name))
		}
	}
	return nil
}

const maxName = 60

// CheckCaptured returns a *SyntaxError if parts use a value that is not captured. later lists the
// values that are captured too late.
func CheckCaptured(parts []Part, captured, later []string) error {
	for _, p := range parts {
		if p.Action == nil || !p.Action.captured || slices.Contains(captured, p.Action.name) {
			continue
		}
		name := p.Action.name
		if slices.Contains(later, name) {
			return wrong(p.Offset, "{{.%s}}: used before it is captured; expected the step {capture: {%[1]s: PATH}} before it", shown(name))
		}
		var known []string
		for _, c := range captured {
			known = append(known, "."+c)
		}
		if n := suggest.Nearest(name, append(known, names()...)); n != "" {
			return wrong(p.Offset, "{{.%s}}: unknown action; did you mean {{%s}}?", shown(name), n)
		}
		return wrong(p.Offset, "{{.%s}}: unknown action; expected one of %s", shown(name), strings.Join(append(known, names()...), ", "))
	}
	return nil
}

// bindCaptured returns the appender of the i-th captured value, escaped inside a JSON string.
func bindCaptured(i int, quoted bool) appender {
	return func(dst []byte, v *Values) []byte {
		switch {
		case i >= len(v.Captured):
			return dst
		case quoted:
			return append(dst, v.Captured[i].escaped...)
		}
		return append(dst, v.Captured[i].text...)
	}
}

// UsesCaptured reports whether the template has a captured value.
func (t *Template) UsesCaptured() bool {
	return slices.ContainsFunc(t.segments, func(s segment) bool { return s.append != nil && s.captured })
}

// Filled reports whether all captured values of the template have been captured.
func (t *Template) Filled(v *Values) bool {
	return !slices.ContainsFunc(t.segments, func(s segment) bool {
		return s.append != nil && s.captured && (s.index >= len(v.Captured) || v.Captured[s.index].text == nil)
	})
}

// Check implements Checker: a message that would be JSON with numbers must be JSON with the
// captured values.
func (t *Template) Check(v *Values) error {
	if t.bare == "" { // it is in a string, or the text is not JSON
		return nil
	}
	sample := *v
	sample.Header, sample.Rand = nil, rand.NewPCG(1, 1) // v.Rand belongs to the messages
	if b := t.Append(nil, &sample); !IsJSON(b) {
		return fmt.Errorf("the message is not JSON with the captured values; expected quotes around {{.%s}}", t.bare)
	}
	return nil
}
