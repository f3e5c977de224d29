package probe

import (
	"context"

	"rtbench/report/result"
)

const directionMessages = 2000

func measureDirection(ctx context.Context, s Servers, n *Notes, sub subject) error {
	t := new(tap)
	e, err := openEcho(ctx, sub.protocol, s.target(sub.protocol, false, t))
	if err != nil {
		return err
	}
	defer e.close()
	opened, _ := t.counts()
	x, err := e.exchangeNumbered(directionMessages)
	if err != nil {
		return err
	}
	after, _ := t.counts()
	t.logTo(n)
	x.logTo(n)
	noteDirection(n, sub, len(after), x, sum(after).minus(sum(opened)))
	if sub.protocol == "sse" {
		// The connection of the event stream is dialed first.
		up, posted := after[0].up-opened[0].up, sum(after[1:]).minus(sum(opened[1:])).up
		n.Value("sse/stream-bytes-up", float64(up), "bytes",
			"While it posted %d messages, the client wrote %d bytes on the connection of its event stream and %d bytes on that of its POSTs.",
			directionMessages, up, posted)
	}
	return nil
}

func noteDirection(n *Notes, sub subject, connections int, x *duplexRun, wire byteCount) {
	note := func(fact string, value float64, unit, format string, args ...any) {
		n.Value(sub.protocol+"/"+fact, value, unit, format, args...)
	}
	count := len(x.sentAt)
	note("connections", float64(connections), "", "One bidirectional stream over %s used %d TCP connection(s).", sub.name, connections)
	up, down := x.upWhileDown(), x.downWhileUp()
	note("up-while-down", float64(up), "", "Of %d messages of %d bytes on one %s stream, %d were sent between the arrival of the first reply and that of the last. The sender waited only once, halfway, for the first reply.", count, echoSize, sub.name, up)
	note("down-while-up", float64(down), "", "Of %d replies on one %s stream, %d arrived between the first send and the last.", count, sub.name, down)
	perUp, perDown := float64(wire.up)/float64(count), float64(wire.down)/float64(count)
	note("bytes-up", perUp, "bytes", "A message of %d bytes took %.1f bytes of TCP payload from client to server over %s.", echoSize, perUp, sub.name)
	note("bytes-down", perDown, "bytes", "A reply of %d bytes took %.1f bytes of TCP payload from server to client over %s, including everything else the server sends per message.", echoSize, perDown, sub.name)
	took := median(x.sendTimes)
	note(sub.sendFact, float64(took), "ns", "%s took a median of %v over %s (%d measurements).", sub.sendPhrase, result.Duration(float64(took)), sub.name, count)
}
