package session

import (
	"slices"
	"time"

	"rtbench/proto/record"
	"rtbench/report/result"
)

// accounts settles what a group measured once all streams have ended.
type accounts struct {
	*Group
	rep *result.Repetition
}

// Collect fills in what g measured, after Close.
func Collect(g *Group, rep *result.Repetition) {
	a := &accounts{g, rep}
	g.gaps.resolve(g)
	a.endSilences()
	for _, rec := range slices.Concat(g.Threads.recorders, g.gaps.recorders, g.between.recorders, g.requests.flushed()) {
		rec.Flush()
	}
	totals := g.Sink.Totals()
	rep.Response, rep.Service, rep.Lag = result.Wrap(totals.Response), result.Wrap(totals.Service), result.Wrap(totals.Lag)
	rep.Low, rep.Client.Sending = result.Wrap(totals.Low), result.Wrap(g.Sending.Histogram())
	rep.Timeline, rep.Connecting = a.timeline(), a.connectTimes.result(uint64(a.Streams()))
	for _, e := range a.sessions {
		e.owed.end()
	}
	rep.Joins = a.joins()
	n := a.countMessages()
	n[steady].Clamped = totals.Clamped
	rep.Turns = turnsOf(g)
	if g.custom() {
		a.countAll(&n[steady])
	}
	if g.floods() {
		a.countArrived(&n[steady])
	}
	rep.Storms, rep.Missed = g.storms.results(g.From), a.missed(&n[steady])
	a.addPartitions(rep.Storms)
	for _, e := range a.sessions {
		rep.Request = result.Shorter(rep.Request, e.request)
	}
	a.fill(n)
	a.countKinds()
	a.rep.Bursts = a.bursts()
	a.streamTime()
	if g.traffic.gaps {
		a.arrivals()
	}
	a.answers()
}

// turnsOf describes the turns in which g alternated with others, if it did.
func turnsOf(g *Group) *result.Turns {
	if g.Turns.Of == 0 {
		return nil
	}
	return &result.Turns{Loads: g.Turns.Of, Lead: g.Turns.Lead, Window: g.Turns.Window, InLead: g.Sink.Led()}
}

// CollectEvents fills in the counts of events, also of a group that did not open.
func CollectEvents(g *Group, rep *result.Repetition) {
	(&accounts{g, rep}).fill([2]result.Counters{})
}

// fill fills in the counters of messages and events.
func (a *accounts) fill(messages [2]result.Counters) {
	messages[steady].Unopened = a.unopened()
	a.Events.fill(a.rep, messages)
}

// countArrived fills in the messages that the receiving side handled in the steady phase.
func (a *accounts) countArrived(n *result.Counters) {
	n.Arrived = a.Sink.Arrived()
	if a.traffic.summary {
		a.rep.Server.Received = n.Arrived
	} else {
		a.rep.Client.Received = n.Arrived
	}
}

// countAll fills in the messages of all phases.
func (a *accounts) countAll(n *result.Counters) {
	for _, e := range a.sessions {
		n.AllSent += e.sent() + e.asked()
		n.AllReceived += e.expected()
		n.After += e.pushed.after
	}
}

func (a *accounts) timeline() []result.Interval {
	if a.traffic.summary {
		return nil // the server sends only totals
	}
	w := a.Window
	slot := record.SlotLength(w)
	var out []result.Interval
	for i, h := range a.Sink.Timeline() {
		from := w.From + int64(i)*int64(slot)
		start := w.Part(w.From, from) + time.Duration(max(0, from-w.To))
		length := w.Part(from, from+int64(slot))
		if length == 0 { // late replies
			length = slot
		}
		packed, err := result.Pack(h)
		if err != nil {
			packed = result.Wrap(h)
		}
		out = append(out, result.Interval{Start: start, Length: length, Response: packed})
	}
	for len(out) > 0 && out[len(out)-1].Response.IsZero() {
		out = out[:len(out)-1]
	}
	return out
}

// streamTime sums the time that streams were not at work in the steady phase.
func (a *accounts) streamTime() {
	// The load depends on open streams in a closed loop and for a target that pushes.
	if a.Open() || !a.custom() && !a.Sends() {
		return
	}
	end := a.End
	length := time.Duration(max(0, end-a.From))
	out := result.StreamTime{
		Total:          length * time.Duration(a.Streams()),
		NotOpen:        length * time.Duration(a.unopened()),
		NotOpenStreams: a.unopened(),
	}
	// Streams of a slow server are at work. A reply is missing only if the wait was longer than
	// for any reply that arrived.
	longest := int64(a.rep.Response.Max())
	for _, e := range a.sessions {
		out.Paused += time.Duration(e.loopState.paused)
		t := e.streamTime
		if t == nil {
			continue
		}
		t.end(&a.Timing, end)
		out.Resting += time.Duration(t.resting)
		out.Cut += time.Duration(t.away)
		if t.notOpen > 0 {
			out.NotOpen += time.Duration(t.notOpen)
			out.NotOpenStreams++
		}
		var waited int64
		for _, s := range t.waits {
			if s.to-s.from > longest {
				waited += a.steadyPart(period{s.from, min(s.to, end)})
			}
		}
		if waited > 0 {
			out.Waiting += time.Duration(waited)
			out.WaitingStreams++
		}
	}
	a.open.endNone(&a.Timing, end)
	out.NoneOpen = time.Duration(a.open.noneTime)
	a.rep.StreamTime = out
}
