package session

import (
	"testing"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/proto/record"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// hotPaths returns, by name, functions that pass one message through the generator.
func hotPaths(t testing.TB) map[string]func() {
	paths := map[string]func(){}
	sessionOf := func(c scenarios.Cell) *Session {
		return customSessionOn(t, &fakeStream{}, c)
	}
	reply := proto.NewMessage(100, false)
	header := func(e *Session, seq uint64) proto.Header {
		return proto.Header{Seq: seq, Intended: e.g.From, Sent: e.g.From}
	}

	send := sessionOf(scenarios.Cell{Pattern: "echo", Model: "open"})
	paths["send"] = func() { send.Fire(clock.Now()) }

	receives := func(c scenarios.Cell, pattern func(*Session) taker) (*Session, handler) {
		e := sessionOf(c)
		if c.API == "" {
			e.active.Load().script, e.active.Load().dialect = nil, nil
			e.attach(record.NewRecorder(e.g.Sink), proto.NewMessage(100, false), nil)
		}
		return e, &decoder{e, pattern(e)}
	}
	opened, open := receives(scenarios.Cell{Pattern: "echo", Model: "open"}, func(e *Session) taker { return openLoop{e} })
	var seq uint64
	paths["open loop"] = func() {
		open.Message(reply.Stamp(header(opened, seq)), clock.Now())
		seq++
	}
	for name, api := range map[string]string{"closed loop": "", "closed loop, custom target": "custom"} {
		e, closed := receives(scenarios.Cell{API: api, Pattern: "echo", Model: "closed"}, func(e *Session) taker { return closedLoop{e} })
		closed.start()
		paths[name] = func() { closed.Message(reply.Stamp(header(e, e.seq-1)), clock.Now()) }
	}

	split, kinds := receives(scenarios.Cell{Pattern: "echo", Model: "open"}, func(e *Session) taker { return openLoop{e} })
	split.g.Sink.Split(2, func(_ uint32, seq uint64) int { return int(seq % 2) })
	var splits uint64
	paths["open loop, kinds of messages"] = func() {
		kinds.Message(reply.Stamp(header(split, splits)), clock.Now())
		splits++
	}

	held, partitioned := receives(scenarios.Cell{Pattern: "echo", Model: "open"}, func(e *Session) taker { return openLoop{e} })
	held.partitions = []crossedPartition{{to: held.g.From + 1}, {to: 1 << 62}}
	var late uint64
	paths["open loop, after a partition and before another"] = func() {
		partitioned.Message(reply.Stamp(header(held, late)), clock.Now())
		late++
	}

	pushed := push{sessionOf(scenarios.Cell{API: "custom", Pattern: "push", Model: "server"})}
	var number uint64
	paths["push"] = func() {
		pushed.take(proto.Header{Seq: number}, codec.Intact, clock.Now())
		number++
	}

	stamped := push{sessionOf(scenarios.Cell{API: "custom", Pattern: "push", Model: "server"})}
	stamped.g.Scenario.Custom.Stamp.Field = "at"
	stamped.g.gaps.prepare(stamped.g)
	var next uint64
	paths["push with stamps"] = func() {
		stamped.take(header(stamped.Session, next), codec.Intact, clock.Now())
		next++
	}

	for name, c := range map[string]scenarios.Cell{
		"token":                {Pattern: "generate", Protocol: "tcp", Model: "open", Tokens: cell.Tokens{Count: 1e6, Every: time.Millisecond}},
		"token, custom target": {API: "custom", Pattern: "generate", Protocol: "tcp", Model: "open"},
	} {
		e, _ := receives(c, func(*Session) taker { return nil })
		e.g.requests = newRequests(t.Context(), e.g)
		e.answering = &answering{between: record.NewRecorder(e.g.requests.between)}
		e.answering.start(request{due: e.g.From}, e.g.From)
		tokens := &answerTaker{decoder{e, tokenTaker{e}}}
		var number uint64
		paths[name] = func() {
			tokens.Message(reply.Stamp(header(e, number)), clock.Now())
			number++
		}
	}

	heartbeats := sessionOf(scenarios.Cell{API: "custom", Pattern: "push", Model: "server"})
	active := heartbeats.active.Load()
	_, _, _ = active.codec.Decode([]byte(`{"type":"heartbeat"}`), clock.Now())
	paths["unmatched"] = func() { heartbeats.g.Events.countUnmatched(active) }
	return paths
}

func TestMessagesDoNotAllocate(t *testing.T) {
	for name, path := range hotPaths(t) {
		path() // the first message of a stream or kind may allocate
		if n := testing.AllocsPerRun(1000, path); n != 0 {
			t.Errorf("%s: %v allocations a message, want 0", name, n)
		}
	}
}

func BenchmarkMessage(b *testing.B) {
	for name, path := range hotPaths(b) {
		b.Run(name, func(b *testing.B) {
			path()
			b.ReportAllocs()
			for b.Loop() {
				path()
			}
		})
	}
}
