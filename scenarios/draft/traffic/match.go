package traffic

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rtbench/scenarios/draft"
)

// A matching is a value of the request that comes back in replies.
type matching struct {
	path string           // in the reply
	of   map[*kind]string // path in the request, by kind
	// replies are the messages that answered a request.
	replies  []*document
	answered map[*kind]int
	asked    int
}

// A pair is a path in requests and one in replies that had the same value.
type pair struct {
	kind    *kind
	request string
	reply   string
}

// findMatching returns the best matching by a field; nil: there is none.
func (c *conversation) findMatching() *matching {
	at := c.replyValues()
	found := map[pair][]*document{}
	for _, k := range c.kinds {
		for _, f := range k.fields {
			if !f.identifies() {
				continue
			}
			for i, d := range k.documents {
				for _, r := range at.after(f.values[i], d.index) {
					p := pair{k, f.path, r.path}
					found[p] = append(found[p], r.document)
				}
			}
		}
	}
	best := map[string]*matching{}
	for _, p := range ranked(found) {
		m := best[p.reply]
		if m == nil {
			m = &matching{path: p.reply, of: map[*kind]string{}, answered: map[*kind]int{}}
			best[p.reply] = m
		}
		if replies := unique(found[p]); m.of[p.kind] == "" && 2*len(replies) > len(p.kind.documents) {
			m.of[p.kind], m.answered[p.kind] = p.request, len(replies)
			m.replies = append(m.replies, replies...)
			m.asked += len(p.kind.documents)
		}
	}
	return mostAnswered(best)
}

// identifies reports whether the values tell the messages of a kind apart.
func (f *field) identifies() bool {
	if !f.text && !f.number || f.values[0] == "" {
		return false
	}
	if n := len(f.values); n > 1 {
		return 10*f.distinct() >= 9*n
	}
	return idName.MatchString(f.name) || uuidForm.MatchString(f.values[0])
}

// ranked sorts pairs: those found most often first, of these those with the name of an ID.
func ranked(found map[pair][]*document) []pair {
	isID := func(p pair) int {
		for i, path := range []string{p.request, p.reply} {
			name := path[strings.LastIndexAny(path, ".]")+1:]
			if !idName.MatchString(name) {
				return 2 - i
			}
		}
		return 0
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b pair) int {
		return cmp.Or(cmp.Compare(len(unique(found[b])), len(unique(found[a]))), cmp.Compare(isID(a), isID(b)), cmp.Compare(len(a.request+a.reply), len(b.request+b.reply)), cmp.Compare(a.request, b.request), cmp.Compare(a.reply, b.reply))
	})
}

// mostAnswered returns the matching that answers the most requests.
func mostAnswered(all map[string]*matching) (best *matching) {
	score := func(m *matching) int {
		name := m.path[strings.LastIndexAny(m.path, ".]")+1:]
		bonus := 0
		if idName.MatchString(name) {
			bonus = 1
		}
		return 2*len(m.replies) + bonus
	}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if m := all[path]; len(m.replies) > 0 && (best == nil || score(m) > score(best)) {
			best = m
		}
	}
	return best
}

func unique(list []*document) []*document {
	byIndex := func(a, b *document) int { return cmp.Compare(a.index, b.index) }
	return slices.Compact(slices.SortedFunc(slices.Values(list), byIndex))
}

// A place is a value of a received message.
type place struct {
	*document
	path string
}

// places are the values of received messages, in order.
type places map[string][]place

func (c *conversation) replyValues() places {
	all := places{}
	for _, d := range c.received() {
		for _, l := range d.leaves {
			if l.text || l.number {
				all[l.value] = append(all[l.value], place{d, l.path})
			}
		}
	}
	return all
}

// after returns the first message after index that has the value, with all its paths.
func (p places) after(value string, index int) []place {
	list := p[value]
	from := slices.IndexFunc(list, func(o place) bool { return o.index > index })
	if from < 0 {
		return nil
	}
	to := from
	for to < len(list) && list[to].document == list[from].document {
		to++
	}
	return list[from:to]
}

// inOrder returns the replies if almost every request is followed by one before the next request, or
// by one of the same kind; nil otherwise.
func (c *conversation) inOrder() (replies []*document, asked int) {
	var pending *document
	byKind := map[string]int{}
	add := func(d *document) {
		replies = append(replies, d)
		byKind[d.same()]++
		pending = nil
	}
	for _, d := range c.all {
		switch {
		case d.beat:
		case d.sent && c.isLoad(d):
			asked++
			pending = d
		case !d.sent && pending != nil:
			add(d)
		}
	}
	if 5*len(replies) < 4*asked {
		return nil, asked
	}
	return replies, asked
}

// addMatch adds the key match and its comment, and returns the messages that are replies.
func (c *conversation) addMatch(m *matching) []*document {
	if m != nil {
		sure := fmt.Sprintf("found in the replies to %d of %d requests", len(m.replies), m.asked)
		if m.asked == 1 {
			sure = "a guess from one request and its reply"
		}
		c.draft.Add("match", draft.One("field", path(m.path)), sure)
		c.draft.Note(fmt.Sprintf("match: %s, %s", m.path, sure))
		return m.replies
	}
	replies, asked := c.inOrder()
	if len(replies) > 0 {
		sure := fmt.Sprintf("a guess: %d of %d requests were followed by a message of the server", len(replies), asked)
		c.draft.Add("match", draft.Plain("order"), sure)
		c.draft.Note("match: order, " + sure)
		return replies
	}
	c.draft.Add("match", draft.Plain("none"), "no value of a request came back; set {field: PATH} to measure replies")
	c.draft.Note("match: none, because no value of a request came back in a reply: messages are sent, and nothing is measured until match is set")
	return nil
}
