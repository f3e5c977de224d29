package traffic

import (
	"fmt"
	"slices"
	"strings"

	"rtbench/internal/lazyregexp"
	"rtbench/scenarios/draft"
)

// findCaptures finds values of the client's messages that the server gave it before, such as the ID of
// a session.
func (c *conversation) findCaptures() {
	c.captures, c.taken = map[string]string{}, map[*document][]draft.Key{}
	before := map[string]bool{} // values that the client sent first
	given := map[string]place{}
	first := c.first()
	for _, d := range c.all {
		for _, l := range d.leaves {
			if d.beat || !capturable(d, l) {
				continue
			}
			if !d.sent {
				if _, known := given[l.value]; !known && d.index < first && !before[l.value] {
					given[l.value] = place{d, l.path}
				}
				continue
			}
			if from, ok := given[l.value]; ok && len(c.captures) < mostCaptures && c.captures[l.value] == "" && c.isConstant(d, l) {
				c.capture(l.value, from)
			}
			before[l.value] = true
		}
	}
}

// mostCaptures bounds the number of captured values.
const mostCaptures = 8

// capture names a value of a received message.
func (c *conversation) capture(value string, from place) {
	l, _ := from.leaf(from.path)
	name := captureName(l)
	for slices.ContainsFunc(c.names(), func(o string) bool { return o == name }) {
		name += "2"
	}
	c.captures[value] = name
	c.taken[from.document] = append(c.taken[from.document], draft.Key{Name: name, Value: path(from.path)})
}

func (c *conversation) names() (names []string) {
	for _, name := range c.captures {
		names = append(names, name)
	}
	return names
}

// capturable reports whether a value is long enough not to be equal by chance.
func capturable(d *document, l leaf) bool {
	return l.path != d.labelPath && (l.text && len(l.value) >= 6 && !labelNames[normalized(l.name)] || l.number && len(l.value) >= 5)
}

// isConstant reports whether all messages of the kind of d have the value at the same path, so that it
// belongs to the connection.
func (c *conversation) isConstant(d *document, l leaf) bool {
	return !slices.ContainsFunc(c.sent(), func(o *document) bool {
		if o.shape != d.shape {
			return false
		}
		other, ok := o.leaf(l.path)
		return !ok || other.value != l.value
	})
}

var notInNames = lazyregexp.New(`[^A-Za-z0-9_]+`)

// captureName names a value after its key, and that above it if the key is id.
func captureName(l leaf) string {
	name := l.name
	if strings.EqualFold(name, "id") && l.parent != "" {
		name = l.parent
	}
	name = strings.Trim(notInNames.ReplaceAllString(name, "_"), "_0123456789")
	if len(name) < 2 || len(name) > 40 {
		return "captured"
	}
	return strings.ToLower(name[:1]) + name[1:]
}

var subscribes = lazyregexp.New(`(?i)(^|[._:-])(sub|subscribe|subscription|join|phx_join|watch|listen)`)

// mostSteps bounds the steps before the load.
const mostSteps = 40

// addSteps adds the messages before and after the load, and the messages that the client waits for.
func (c *conversation) addSteps() {
	first, last := c.first(), c.last()
	var steps []draft.Value
	for _, d := range c.all[:first] {
		if d.beat {
			continue
		}
		if len(steps) >= mostSteps {
			c.draft.Note(fmt.Sprintf("left out: messages after the first %d steps", mostSteps))
			break
		}
		if d.sent {
			steps = append(steps, c.send(d))
		} else {
			steps = append(steps, c.wait(d)...)
		}
	}
	closing := c.closing(last)
	if len(closing) > 0 {
		steps = append(append(steps, draft.Plain("load")), closing...)
	}
	if len(steps) > 0 {
		c.draft.Add("steps", draft.List(steps...), "")
	}
}

// send returns a step that sends a message.
func (c *conversation) send(d *document) draft.Value {
	text := c.constant(d)
	step := "send"
	switch {
	case strings.Contains(text, "${"):
		step = "authenticate"
	case subscribes.MatchString(d.label):
		step = "subscribe"
	}
	return draft.One(step, draft.Text(text))
}

// wait returns the steps that wait for a message, if the client has a reason to: it is the only one of
// its kind, or the load uses a value of it.
func (c *conversation) wait(d *document) []draft.Value {
	condition, ok := d.condition()
	captures := c.taken[d]
	rare := c.isRare(d) && !c.follows(d)
	if !ok || len(captures) == 0 && !rare {
		return nil
	}
	steps := []draft.Value{draft.One("wait", condition)}
	if len(captures) > 0 {
		steps = append(steps, draft.One("capture", draft.Map(captures...)))
	}
	return steps
}

// isRare reports whether few messages of the server are like d.
func (c *conversation) isRare(d *document) bool {
	n, all := 0, 0
	for _, o := range c.received() {
		all++
		if o.same() == d.same() {
			n++
		}
	}
	return n <= 2 && (n < all || all <= 2)
}

// follows reports whether the message before d is of the server too, and of a step already.
func (c *conversation) follows(d *document) bool {
	for i := d.index - 1; i >= 0; i-- {
		if o := c.all[i]; !o.beat {
			return !o.sent && (c.isRare(o) || len(c.taken[o]) > 0)
		}
	}
	return false
}

// mostClosing bounds the steps after the load.
const mostClosing = 4

// closing returns the steps after the load.
func (c *conversation) closing(last int) (steps []draft.Value) {
	for _, d := range c.all[min(last+1, len(c.all)):] {
		if d.sent && !d.beat && len(steps) < mostClosing {
			steps = append(steps, c.send(d))
		}
	}
	return steps
}
