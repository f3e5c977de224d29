package session

import (
	"rtbench/report/result"
)

// kinds returns the names of the kinds of messages; none if they are not told apart.
func (g *Group) kinds() []string {
	if !g.custom() || g.Custom == nil || g.source != nil && g.source != g || !g.Sends() || g.Turns.Of > 0 {
		return nil
	}
	return g.Custom.Script.Kinds
}

// splitKinds makes the sink tell the kinds apart.
func (g *Group) splitKinds() { g.Sink.Split(len(g.kinds()), g.kindAt()) }

// kindAt returns a function that returns the kind of a message, or nil.
func (g *Group) kindAt() func(stream uint32, seq uint64) int {
	if len(g.kinds()) == 0 {
		return nil
	}
	s, of := g.Custom.Script, g.All
	return func(stream uint32, seq uint64) int { return s.MessageAt(stream, of, seq) }
}

// countKinds counts the messages of the steady phase by kind.
func (a *accounts) countKinds() {
	names, kind := a.kinds(), a.kindAt()
	if kind == nil {
		return
	}
	a.rep.Kinds = make([]result.Kind, len(names))
	for i, h := range a.Sink.Kinds() {
		a.rep.Kinds[i].Name, a.rep.Kinds[i].Response = names[i], result.Wrap(h)
	}
	for _, e := range a.sessions {
		for seq, next := e.seqs.Range(); seq < next; seq++ {
			a.rep.Kinds[kind(e.number, seq)].Due++
		}
	}
}
