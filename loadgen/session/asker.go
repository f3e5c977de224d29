package session

import "rtbench/proto/pace"

// An asker is the pace.Task of the requests that are due by the plan of a session's share.
type asker struct{ from *sender }

var _ pace.Task = asker{}

// Fire implements pace.Task.
func (a asker) Fire(due int64) bool {
	e := a.from
	e.g.requests.take(e.g, request{due: due, number: e.requestNumber()})
	return true
}

// requestNumber returns the number of the next request of a share: its place among those of all streams, which take
// turns. Generators with different numbers of streams then use all rows equally often.
func (e *sender) requestNumber() uint64 {
	n := e.seq*uint64(e.g.Cell.Connections*e.g.Cell.Streams) + uint64(e.share)
	e.seq++
	return n
}

// Done implements pace.Task.
func (a asker) Done() { a.from.g.sending.Done() }

// startAsking makes the metronomes pass on the requests of all shares, also of those whose stream did not open.
func (g *Group) startAsking() {
	for n := range g.Streams() {
		s := &sender{g: g, share: g.stream(n)}
		g.sending.Add(1)
		g.Threads.metronomes[g.Threads.of(n, g.Cell.Streams)].Add(g.Origin, g.plan(s.call()), asker{s})
	}
}
