package traffic

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rtbench/internal/lazyregexp"
	"rtbench/scenarios/draft"
)

// beats are the pings, pongs and heartbeats of a conversation.
type beats struct {
	ping   *document   // of the server, which the client answers; nil: none
	pong   *document   // its answer
	sent   []*document // heartbeats of the client
	ignore []*document // of the server, which need no answer
}

var (
	beatWord = lazyregexp.New(`(?i)^(ping|pong|heart-?_?beat|hb|beat|keep-?_?alive|noop|phx_heartbeat)$`)
	// beatKey matches a key that stands for a ping by itself, as in {"ping":1700000000}.
	beatKey = lazyregexp.New(`(?i)^(ping|pong|heart-?_?beat)$`)
)

// isBeat reports whether a message is a ping, a pong or a heartbeat. engine tells that the protocol is
// Engine.IO, whose ping is 2.
func isBeat(d *document, engine bool) bool {
	if len(d.leaves) == 0 {
		return beatWord.MatchString(d.text) || engine && (d.text == "2" || d.text == "3")
	}
	if d.label == "6" && len(d.leaves) == 1 && d.labelPath == "type" { // SignalR
		return true
	}
	return slices.ContainsFunc(d.leaves, func(l leaf) bool {
		named := labelNames[normalized(l.name)] || l.name == "result" || l.name == "data" || l.path == d.labelPath
		return l.text && named && beatWord.MatchString(l.value) || beatKey.MatchString(l.path)
	})
}

// answeredWithin is the time in which a client answers a ping.
const answeredWithin = 2 * time.Second

// findBeats finds pings and tells who sends them first.
func (c *conversation) findBeats() {
	var pending *document // of the server, without an answer so far
	var answers, all int
	engine := slices.ContainsFunc(c.all, func(d *document) bool { return !d.sent && strings.HasPrefix(d.text, `0{"sid"`) })
	for _, d := range c.all {
		d.beat = isBeat(d, engine)
		switch {
		case !d.beat:
		case !d.sent:
			pending = d
		default:
			all++
			if pending != nil && d.at.Sub(pending.at) <= answeredWithin && d.text != pending.text {
				answers++
				c.beats.ping, c.beats.pong = pending, d
			}
			pending = nil
			c.beats.sent = append(c.beats.sent, d)
		}
	}
	if 2*answers > all {
		c.beats.sent = nil
	} else {
		c.beats.ping, c.beats.pong = nil, nil
	}
	for _, d := range c.all {
		if !d.beat || d.sent || c.beats.ping != nil && d.same() == c.beats.ping.same() {
			continue
		}
		if !slices.ContainsFunc(c.beats.ignore, func(o *document) bool { return o.same() == d.same() }) {
			c.beats.ignore = append(c.beats.ignore, d)
		}
	}
}

// addBeats adds answers and heartbeats.
func (c *conversation) addBeats() {
	if c.beats.ping != nil {
		if to, ok := c.beats.ping.condition(); ok {
			answer := draft.Map(draft.Key{Name: "to", Value: to}, draft.Key{Name: "send", Value: draft.Text(c.constant(c.beats.pong))})
			c.draft.Add("answers", draft.List(answer), "pings of the server, answered as in the recording")
		}
	}
	if list := c.beats.sent; len(list) > 0 {
		every, comment := 30*time.Second, "sent once in the recording; set the interval"
		if len(list) > 1 {
			every = short(median(gapsOf(list)))
			comment = fmt.Sprintf("sent %d times in the recording", len(list))
		}
		heartbeat := draft.Map(draft.Key{Name: "every", Value: draft.Plain(max(every, 100*time.Millisecond).String())}, draft.Key{Name: "send", Value: draft.Text(c.constant(list[0]))})
		c.draft.Add("heartbeat", heartbeat, comment)
	}
}

// gapsOf returns the times between messages.
func gapsOf(list []*document) (gaps []time.Duration) {
	for i := 1; i < len(list); i++ {
		gaps = append(gaps, max(0, list[i].at.Sub(list[i-1].at)))
	}
	return gaps
}

func median(list []time.Duration) time.Duration {
	ordered := slices.Sorted(slices.Values(list))
	return ordered[len(ordered)/2]
}
