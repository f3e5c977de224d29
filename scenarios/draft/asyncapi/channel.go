package asyncapi

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/draft"
)

// A channel is an address with messages in both directions.
type channel struct {
	doc            *document
	name           string
	node           *yaml.Node
	address        string
	sent, received []*message // by the client, which is the other side of the described application
}

// A message is a message of a channel.
type message struct {
	name    string
	node    *yaml.Node
	replies []*message // version 3, if the document names them
}

func (c *channel) describe() draft.Choice {
	return draft.Choice{Name: c.name, Detail: fmt.Sprintf("%d messages to the server, %d from it", len(c.sent), len(c.received))}
}

// channels returns the channels that have messages, in the order of the document.
func (doc *document) channels() (list []*channel, err error) {
	for _, p := range pairs(child(doc.root, "channels")) {
		n, err := doc.resolve(p.value)
		if err != nil {
			return nil, err
		}
		c := &channel{doc: doc, name: oneLine(p.key.Value), node: n, address: p.key.Value}
		if doc.three {
			c.address = text(child(n, "address"))
			err = c.addOperations()
		} else {
			err = c.addMessages()
		}
		if err != nil {
			return nil, err
		}
		if len(c.sent)+len(c.received) > 0 {
			list = append(list, c)
		}
	}
	return list, nil
}

// addMessages reads the operations of version 2: clients publish messages, and subscribe to those of
// the application.
func (c *channel) addMessages() error {
	for key, into := range map[string]*[]*message{"publish": &c.sent, "subscribe": &c.received} {
		n, err := c.doc.resolve(child(child(c.node, key), "message"))
		if err != nil {
			return err
		}
		if n == nil {
			continue
		}
		list := items(child(n, "oneOf"))
		if len(list) == 0 {
			list = []*yaml.Node{child(child(c.node, key), "message")}
		}
		for _, m := range list {
			if err := c.addMessage(into, m, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// addMessage adds a message, or the one that n refers to, once.
func (c *channel) addMessage(into *[]*message, n *yaml.Node, name string) error {
	resolved, err := c.doc.resolve(n)
	if err != nil || resolved == nil {
		return err
	}
	if slices.ContainsFunc(*into, func(m *message) bool { return m.node == resolved }) {
		return nil
	}
	if title := text(child(resolved, "name")); title != "" {
		name = title
	} else if ref := text(child(n, "$ref")); ref != "" {
		name = ref[strings.LastIndexByte(ref, '/')+1:]
	}
	*into = append(*into, &message{name: name, node: resolved})
	return nil
}

// addOperations reads the operations of version 3: the application receives the messages that a client
// sends.
func (c *channel) addOperations() error {
	for _, p := range pairs(child(c.doc.root, "operations")) {
		op, err := c.doc.resolve(p.value)
		if err != nil {
			return err
		}
		of, err := c.doc.resolve(child(op, "channel"))
		if err != nil {
			return err
		}
		if of != c.node {
			continue
		}
		into := &c.received
		switch action := child(op, "action"); text(action) {
		case "receive":
			into = &c.sent
		case "send":
		default:
			return c.doc.errorf(op, "operations.%s.action: found %q; expected send or receive", oneLine(p.key.Value), text(action))
		}
		if err := c.addOperation(op, into); err != nil {
			return err
		}
	}
	return nil
}

// addOperation adds the messages of an operation, all of the channel by default, and their replies.
func (c *channel) addOperation(op *yaml.Node, into *[]*message) error {
	var added, replies []*message
	if err := c.addAll(&added, op, c.node); err != nil {
		return err
	}
	if reply, err := c.doc.resolve(child(op, "reply")); err != nil {
		return err
	} else if reply != nil {
		of, err := c.doc.resolve(child(reply, "channel"))
		if err != nil {
			return err
		}
		if err := c.addAll(&replies, reply, of); err != nil {
			return err
		}
	}
	for _, m := range added {
		m.replies = replies
		if !slices.ContainsFunc(*into, func(o *message) bool { return o.node == m.node }) {
			*into = append(*into, m)
		}
	}
	if into == &c.sent {
		for _, r := range replies {
			if !slices.ContainsFunc(c.received, func(o *message) bool { return o.node == r.node }) {
				c.received = append(c.received, r)
			}
		}
	}
	return nil
}

// addAll adds the messages that n lists, or else all of a channel.
func (c *channel) addAll(into *[]*message, n, of *yaml.Node) error {
	if list := items(child(n, "messages")); len(list) > 0 {
		for _, m := range list {
			if err := c.addMessage(into, m, ""); err != nil {
				return err
			}
		}
		return nil
	}
	for _, p := range pairs(child(of, "messages")) {
		if err := c.addMessage(into, p.value, oneLine(p.key.Value)); err != nil {
			return err
		}
	}
	return nil
}

// addURL adds the address and the query and headers of the WebSocket binding.
func (c *channel) addURL(d *draft.Draft, s server) error {
	d.Protocol = "websocket"
	if strings.HasPrefix(s.url, "http") {
		d.Protocol = "sse"
	}
	d.URL = s.url
	if !s.whole {
		path, err := c.doc.filled(d, c.address, child(c.node, "parameters"), "CHANNEL")
		if err != nil {
			return err
		}
		d.URL = strings.TrimSuffix(s.url+"/"+escapedPath(strings.TrimLeft(path, "/")), "/")
		if strings.Count(d.URL, "/") == 2 {
			d.URL += "/"
		}
	}
	binding, err := c.doc.resolve(child(child(c.node, "bindings"), "ws"))
	if err != nil {
		return err
	}
	for _, place := range []string{"query", "headers"} {
		if err := c.addBinding(d, child(binding, place), place); err != nil {
			return err
		}
	}
	return nil
}

// escapedPath escapes all but variables.
func escapedPath(path string) string {
	var b strings.Builder
	at := 0
	for _, span := range append(variables.FindAllStringIndex(path, -1), []int{len(path), len(path)}) {
		for i, segment := range strings.Split(path[at:span[0]], "/") {
			if i > 0 {
				b.WriteByte('/')
			}
			if plain, err := url.PathUnescape(segment); err == nil {
				segment = plain
			}
			b.WriteString(strings.ReplaceAll(url.PathEscape(segment), "$", "%24"))
		}
		b.WriteString(path[span[0]:span[1]])
		at = span[1]
	}
	return b.String()
}

// addBinding adds the parameters of the handshake that are required or have a default.
func (c *channel) addBinding(d *draft.Draft, schema *yaml.Node, place string) error {
	schema, err := c.doc.resolve(schema)
	if err != nil {
		return err
	}
	const comment = "from the WebSocket binding of the channel"
	for _, p := range pairs(child(schema, "properties")) {
		n, err := c.doc.resolve(p.value)
		if err != nil {
			return err
		}
		value, name := firstValue(n), p.key.Value
		switch {
		case draft.IsSecret(name, "secret"):
			value = d.Secrets.Hide(strings.ToUpper(strings.TrimSuffix(place, "s")), name, "binding:"+place+":"+name)
		case value != "":
			value = draft.Literal(value)
		case contains(child(schema, "required"), name):
			value = d.Secrets.Hide(strings.ToUpper(strings.TrimSuffix(place, "s")), name, "binding:"+place+":"+name)
		default:
			continue
		}
		d.AddTarget(place, comment, draft.Key{Name: name, Value: draft.Text(value)})
	}
	return nil
}
