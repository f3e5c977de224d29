package traffic

import (
	"fmt"
	"time"

	"rtbench/scenarios/draft"
)

// push adds a connection on which the server sends unasked.
func (c *conversation) push() {
	c.draft.Add("pattern", draft.Plain("push"), "the server sends, the client only subscribes")
	c.addSteps()
	c.addEnd()
	list := c.mostFrequent()
	c.addStamp(list)
	c.addNumber(list)
	c.addBeats()
	c.addIgnored(nil)
	c.draft.Load.Rate = ""
	if n := len(list); n > 1 {
		span := list[n-1].at.Sub(list[0].at)
		if span > 0 {
			c.draft.Load.Comment = fmt.Sprintf("the server sets the rate; recorded: %.3g messages/s on one connection", float64(n-1)/span.Seconds())
		}
	}
}

// mostFrequent returns the messages of the most frequent kind that the server sends.
func (c *conversation) mostFrequent() (best []*document) {
	for _, k := range grouped(c.received()) {
		if len(k.documents) > len(best) {
			best = k.documents
		}
	}
	return best
}

// addStamp adds the field with the server's time.
func (c *conversation) addStamp(list []*document) {
	if len(list) < 2 {
		return
	}
	for _, l := range list[0].leaves {
		for _, u := range stampUnits {
			if !allHave(list, l.path, func(o leaf, d *document) bool {
				t, ok := u.parse(o)
				return ok && near(t, d.at)
			}) {
				continue
			}
			c.draft.Add("stamp", draft.Map(draft.Key{Name: "field", Value: path(l.path)}, draft.Key{Name: "unit", Value: draft.Plain(u.name)}),
				"a guess: the time of sending; add bound: 5ms if the clocks differ by at most that")
			return
		}
	}
}

func allHave(list []*document, path string, yes func(leaf, *document) bool) bool {
	for _, d := range list {
		if l, ok := d.leaf(path); !ok || !yes(l, d) {
			return false
		}
	}
	return true
}

// A stampUnit is a unit of stamp.
type stampUnit struct {
	name  string
	parse func(leaf) (time.Time, bool)
}

var stampUnits = []stampUnit{
	whole("ms", time.Millisecond), whole("us", time.Microsecond), whole("ns", time.Nanosecond),
	{"rfc3339", func(l leaf) (time.Time, bool) {
		t, err := time.Parse(time.RFC3339Nano, l.value)
		return t, err == nil
	}},
	whole("s", time.Second),
}

func whole(name string, unit time.Duration) stampUnit {
	return stampUnit{name, func(l leaf) (time.Time, bool) { return timeUnit{unit: unit}.parse(l.value) }}
}

// addNumber adds the field with the server's consecutive number.
func (c *conversation) addNumber(list []*document) {
	if len(list) < 3 {
		return
	}
	k := &kind{documents: list}
	for _, f := range fieldsOf(k) {
		if f.number && f.counts() {
			c.draft.Add("match", draft.One("field", path(f.path)), fmt.Sprintf("rises by one in all %d messages; finds lost ones", len(list)))
			return
		}
	}
}
