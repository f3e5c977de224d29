// Package traffic drafts the script of a connection from its recorded messages: opening steps,
// repeated messages as templates, how replies are matched, pings, and the rate. It guesses, and says
// how sure it is.
package traffic

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rtbench/scenarios/draft"
)

// A Message is a recorded message.
type Message struct {
	Sent bool // by the client
	At   time.Time
	Text string
}

// Limits of the messages that are analyzed.
const (
	mostMessages = 4000
	longest      = 256 << 10 // bytes
	longestSent  = 16 << 10  // bytes of a message that is written to the scenario
)

// Draft adds the script of a recorded connection to d: its pattern, steps, messages and load. The
// messages are in the order in which they were recorded.
func Draft(d *draft.Draft, messages []Message) {
	if len(messages) > mostMessages {
		d.Note(fmt.Sprintf("only the first %d of %d messages are used", mostMessages, len(messages)))
		messages = messages[:mostMessages]
	}
	c := &conversation{draft: d}
	c.read(messages)
	c.findBeats()
	c.findLoad()
	c.findCaptures()
	if len(c.kinds) == 0 {
		c.push()
	} else {
		c.echo()
	}
}

// Template returns text that is sent once as a template: its secrets are variables, and times and
// UUIDs are those of the run.
func Template(d *draft.Draft, text string, at time.Time) string {
	c := &conversation{draft: d}
	message := parse(text)
	message.at = at
	return c.constant(message)
}

// A conversation is a recorded connection and its analysis.
type conversation struct {
	draft *draft.Draft
	all   []*document
	end   string // of each record
	// repeated are the groups of messages that are the load, and kinds those of them that the scenario
	// has; none: the server sends unasked.
	repeated, kinds []*kind
	captures        map[string]string // names of captured values by value
	taken           map[*document][]draft.Key
	beats           beats
}

// A kind is a group of sent messages of the same shape.
type kind struct {
	documents []*document
	fields    []field
}

// read parses the messages, and splits those that hold several records.
func (c *conversation) read(messages []Message) {
	const separator = "\x1e" // SignalR
	ended := len(messages) > 0 && !slices.ContainsFunc(messages, func(m Message) bool { return !strings.HasSuffix(m.Text, separator) })
	if ended {
		c.end = separator
	}
	long := 0
	for _, m := range messages {
		records := []string{m.Text}
		if ended {
			records = strings.Split(strings.TrimSuffix(m.Text, separator), separator)
		}
		for _, text := range records {
			if m.Sent && len(text) > longestSent {
				long++
				continue
			}
			d := parse(text)
			d.sent, d.at, d.index = m.Sent, m.At, len(c.all)
			c.all = append(c.all, d)
		}
	}
	if long > 0 {
		c.draft.Note(fmt.Sprintf("left out: %d messages of more than %d KiB; to send one, write it to a file and use messages: {file: NAME}", long, longestSent>>10))
	}
}

// sent returns the messages of the client without pings, and received those of the server.
func (c *conversation) sent() []*document { return c.those(true) }

func (c *conversation) received() []*document { return c.those(false) }

func (c *conversation) those(sent bool) (out []*document) {
	for _, d := range c.all {
		if d.sent == sent && !d.beat {
			out = append(out, d)
		}
	}
	return out
}

// findLoad groups the client's messages, and decides which groups are the load.
func (c *conversation) findLoad() {
	sent, received := c.sent(), c.received()
	if len(sent) == 0 || c.onlySubscribes(sent, received) {
		return
	}
	groups := grouped(sent)
	repeated := slices.DeleteFunc(slices.Clone(groups), func(k *kind) bool { return len(k.documents) < 2 })
	if len(repeated) == 0 {
		repeated = groups[len(groups)-1:] // the last message, of a short recording
	}
	c.repeated, c.kinds = repeated, slices.Clone(repeated)
}

// onlySubscribes reports whether the client says something at the start, and the server most of the
// rest unasked.
func (c *conversation) onlySubscribes(sent, received []*document) bool {
	last := sent[len(sent)-1]
	after := 0
	for _, d := range received {
		if d.index > last.index {
			after++
		}
	}
	total := c.all[len(c.all)-1].at.Sub(c.all[0].at)
	early := last.at.Sub(c.all[0].at) <= total/4
	return early && after >= max(3, 3*len(sent))
}

// grouped groups documents by shape, in order of appearance.
func grouped(list []*document) (groups []*kind) {
	byShape := map[string]*kind{}
	for _, d := range list {
		k := byShape[d.shape]
		if k == nil {
			k = new(kind)
			byShape[d.shape] = k
			groups = append(groups, k)
		}
		k.documents = append(k.documents, d)
	}
	return groups
}

// isLoad reports whether a message is one of the load.
func (c *conversation) isLoad(d *document) bool {
	return slices.ContainsFunc(c.repeated, func(k *kind) bool { return k.documents[0].shape == d.shape })
}

// first returns the index of the first message of the load; the number of messages if there is none.
func (c *conversation) first() int {
	for _, d := range c.all {
		if d.sent && !d.beat && c.isLoad(d) {
			return d.index
		}
	}
	return len(c.all)
}

// last returns the index of the last message of the load.
func (c *conversation) last() int {
	last := len(c.all)
	for _, d := range c.all {
		if d.sent && !d.beat && c.isLoad(d) {
			last = d.index
		}
	}
	return last
}
