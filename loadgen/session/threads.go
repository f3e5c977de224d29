package session

import (
	"rtbench/proto"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// threads are what receives on a group's streams and holds its messages: by loop, by metronome or by
// goroutine of the engine.
type threads struct {
	Receivers string // result.EventLoops or result.Goroutines
	*engine
	messages  []*proto.Message   // of the loops or the metronomes
	recorders []*record.Recorder // of the loops, then of the goroutines
}

// receive receives by the engine's event loops if it has any and they are supported, else by one
// goroutine per stream. Messages that a pacer's thread sends share its message buffer.
func (t *threads) receive(g *Group) {
	t.Receivers = result.Goroutines
	for range t.loops {
		t.recorders = append(t.recorders, record.NewRecorder(g.Sink))
	}
	for range max(len(t.loops), len(t.metronomes)) {
		t.messages = append(t.messages, g.newMessage())
	}
	driven := 0
	for i, e := range g.sessions {
		if len(t.loops) == 0 || e.stream().Loop == nil {
			break
		}
		at := t.of(i, g.Cell.Streams)
		if e.attach(t.recorders[at], t.messages[at], t.loops[at]); !e.drive() {
			break
		}
		driven++
	}
	if driven > 0 {
		t.Receivers = result.EventLoops
	}
	rest := record.NewRecorders(g.Sink, len(g.sessions)-driven)
	t.recorders = append(t.recorders, rest...)
	sendWaits := g.sessions[0].stream().SendWaits
	for i, e := range g.sessions[driven:] {
		m := g.newMessage()
		if g.paced() && !sendWaits {
			m = t.messages[t.of(driven+i, g.Cell.Streams)]
		}
		e.attach(rest[i], m, nil)
		go e.receive()
	}
}

// clear drops the messages of g that metronomes have not sent.
func (t *threads) clear(g *Group) {
	for _, m := range t.metronomes {
		m.Clear(func(task pace.Task) bool {
			switch t := task.(type) {
			case asker:
				return t.from.g == g
			case thinker:
				return t.user.g == g
			}
			e, ok := task.(*sender)
			if v, visits := task.(visitor); visits {
				e, ok = v.sender, true
			}
			return ok && e.g == g
		})
	}
}
