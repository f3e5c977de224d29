package traffic

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"rtbench/scenarios/draft"
	"rtbench/scenarios/spec"
)

// echo adds messages of the client and how their replies are matched.
func (c *conversation) echo() {
	for _, k := range c.kinds {
		k.fields = fieldsOf(k)
	}
	m := c.findMatching()
	if m != nil {
		c.dropUnanswered(m)
	}
	c.draft.Add("pattern", draft.Plain("echo"), "")
	c.addSteps()
	c.addMessages(m)
	c.addEnd()
	replies := c.addMatch(m)
	c.addBeats()
	c.addIgnored(replies)
	c.addExpect(replies)
	c.addRate()
}

// dropUnanswered leaves out kinds without replies, which would count as lost.
func (c *conversation) dropUnanswered(m *matching) {
	c.kinds = slices.DeleteFunc(c.kinds, func(k *kind) bool {
		if m.of[k] != "" {
			return false
		}
		c.draft.Note(fmt.Sprintf("left out: %d messages like %s, whose replies are not found by %s", len(k.documents), c.excerpt(k), m.path))
		return true
	})
}

// excerpt returns a message of a kind for a note, without values.
func (c *conversation) excerpt(k *kind) string {
	d := k.documents[0]
	if d.label != "" {
		return strconv.Quote(d.label)
	}
	return fmt.Sprintf("that of %d bytes at the start", len(d.text))
}

// mostKinds is the number of kinds of messages that a scenario can have.
const mostKinds = 16

// addMessages adds the messages as templates.
func (c *conversation) addMessages(m *matching) {
	kinds := slices.SortedStableFunc(slices.Values(c.kinds), func(a, b *kind) int { return cmp.Compare(len(b.documents), len(a.documents)) })
	if more := len(kinds) - mostKinds; more > 0 {
		c.draft.Note(fmt.Sprintf("left out: the %d rarest kinds of messages", more))
		kinds = kinds[:mostKinds]
	}
	inOrder, _ := c.inOrder()
	var items []draft.Value
	var names []string
	for _, k := range kinds {
		text := draft.Text(c.template(k.documents[0], c.actions(k, m)))
		if len(kinds) == 1 {
			c.draft.Add("messages", text, fmt.Sprintf("from %d in the recording", len(k.documents)))
			return
		}
		item := []draft.Key{{Name: "weight", Value: draft.Plain(strconv.Itoa(len(k.documents)))}, {Name: "text", Value: text}}
		if m != nil || len(inOrder) > 0 { // a name is for the times of replies
			names = append(names, draft.UnusedName(names, k.documents[0].label))
			item = append([]draft.Key{{Name: "name", Value: draft.Text(names[len(names)-1])}}, item...)
		}
		items = append(items, draft.Map(item...))
	}
	c.draft.Add("messages", draft.List(items...), "weights are the counts of the recording")
}

// actions returns the templates of the fields of a kind that vary, by path.
func (c *conversation) actions(k *kind, m *matching) map[string]string {
	actions := map[string]string{}
	for _, f := range k.fields {
		switch {
		case m != nil && f.path == m.of[k] && f.text && !wholeForm.MatchString(f.values[0]):
			actions[f.path] = "{{.UUID}}"
		case m != nil && f.path == m.of[k]:
			actions[f.path] = "{{.RequestNumber}}"
		case f.path != k.documents[0].labelPath:
			actions[f.path] = f.action(k.documents[0].at)
		}
	}
	return actions
}

// addEnd adds the text that ends each message.
func (c *conversation) addEnd() {
	if c.end != "" {
		c.draft.Add("records", draft.One("end", draft.Text(c.end)), "each message ends with 0x1E")
	}
}

// mostIgnored bounds the list of conditions of messages that are no replies.
const mostIgnored = 8

// addIgnored adds conditions of pings and of messages that the server sends besides replies.
func (c *conversation) addIgnored(replies []*document) {
	var items []draft.Value
	seen := map[string]bool{}
	for _, r := range replies {
		seen[r.same()] = true
	}
	first := c.first()
	for _, d := range append(slices.Clone(c.beats.ignore), c.received()...) {
		if seen[d.same()] || !d.beat && d.index < first || len(items) == mostIgnored {
			continue
		}
		seen[d.same()] = true
		// Only a label is sure not to be in replies as well.
		if condition, ok := d.condition(); ok && (d.beat || d.label != "") && len(replies)+len(c.beats.ignore) > 0 {
			items = append(items, condition)
		}
	}
	if len(items) > 0 {
		c.draft.Add("ignore", draft.List(items...), "messages of the server that are no replies")
	}
}

// addExpect adds a condition if all replies report success in the same way.
func (c *conversation) addExpect(replies []*document) {
	if len(replies) < 2 {
		return
	}
	for _, l := range replies[0].leaves {
		name := strings.ToLower(l.name)
		success := (name == "ok" || name == "success") && l.value == "true" || (name == "status" || name == "result") && (l.value == "ok" || l.value == "success")
		all := success && !slices.ContainsFunc(replies, func(r *document) bool {
			o, ok := r.leaf(l.path)
			return !ok || o.value != l.value
		})
		if all {
			value := draft.Plain(l.value)
			if l.text {
				value = is(l.value)
			}
			c.draft.Add("expect", draft.Map(draft.Key{Name: "field", Value: path(l.path)}, draft.Key{Name: "is", Value: value}), "as in all replies of the recording")
			return
		}
	}
}

// addRate sets the rate to that of the recording, on each connection.
func (c *conversation) addRate() {
	var list []*document
	for _, k := range c.kinds {
		list = append(list, k.documents...)
	}
	slices.SortFunc(list, func(a, b *document) int { return cmp.Compare(a.index, b.index) })
	l := &c.draft.Load
	gaps := gapsOf(list)
	if len(gaps) == 0 {
		if l.Rate == "" {
			l.Rate = spec.FormatRate(float64(max(1, l.Connections)))
			l.Comment = "1/s on each connection: the recording has one message, and so no rate"
		}
		return
	}
	span := list[len(list)-1].at.Sub(list[0].at)
	perSecond := float64(len(gaps)) / max(span.Seconds(), 1e-3)
	l.Comment = fmt.Sprintf("recorded on one connection: %s, gaps of %s", spec.FormatRate(max(0.001, rounded(perSecond))), rangeOf(gaps))
	if l.Rate != "" {
		return
	}
	l.Rate = spec.FormatRate(max(0.001, rounded(min(perSecond*float64(max(1, l.Connections)), 100_000))))
	if len(gaps) >= 10 && deviation(gaps, span) > 0.5 {
		l.Arrivals = "poisson"
	}
}

// rangeOf describes the shortest, the longest and the median gap.
func rangeOf(gaps []time.Duration) string {
	least, most := short(slices.Min(gaps)), short(slices.Max(gaps))
	if least == most {
		return least.String()
	}
	return fmt.Sprintf("%v to %v (median %v)", least, most, short(median(gaps)))
}

// rounded returns a number with three digits.
func rounded(f float64) float64 {
	n, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 3, 64), 64)
	return n
}

func short(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second)
	case d >= time.Second:
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Millisecond)
}

// deviation returns the standard deviation of the gaps as a multiple of their mean.
func deviation(gaps []time.Duration, span time.Duration) float64 {
	mean := span.Seconds() / float64(len(gaps))
	sum := 0.0
	for _, g := range gaps {
		sum += (g.Seconds() - mean) * (g.Seconds() - mean)
	}
	return math.Sqrt(sum/float64(len(gaps))) / max(mean, 1e-9)
}
