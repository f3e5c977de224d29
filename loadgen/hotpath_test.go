package loadgen

import (
	"testing"

	"rtbench/loadgen/script"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/record"
	"rtbench/scenarios"
)

// hotPaths returns, by name, functions that pass one message through the generator.
func hotPaths(t testing.TB) map[string]func() {
	paths := map[string]func(){}
	exchangeOf := func(c scenarios.Cell) *exchange {
		e := customExchangeOn(t, &fakeStream{})
		e.r.job.cell = c
		e.prepare(record.NewRecorder(e.r.sink), proto.NewMessage(100, false))
		return e
	}
	reply := proto.NewMessage(100, false)
	header := func(e *exchange, seq uint64) proto.Header {
		return proto.Header{Seq: seq, Intended: e.r.from, Sent: e.r.from}
	}

	send := exchangeOf(scenarios.Cell{Pattern: "echo", Model: "open"})
	paths["send"] = func() { send.Fire(clock.Now()) }

	open := openLoop{exchangeOf(scenarios.Cell{Pattern: "echo", Model: "open"})}
	var seq uint64
	paths["open loop"] = func() {
		open.Message(reply.Stamp(header(open.exchange, seq)), clock.Now())
		seq++
	}

	closed := lockstep{exchangeOf(scenarios.Cell{Pattern: "echo", Model: "closed"})}
	closed.next()
	paths["closed loop"] = func() {
		closed.Message(reply.Stamp(header(closed.exchange, closed.seq-1)), clock.Now())
	}

	custom := closedLoop{lockstep{exchangeOf(scenarios.Cell{API: "custom", Pattern: "echo", Model: "closed"})}}
	custom.next()
	paths["closed loop, custom target"] = func() {
		custom.Message(reply.Stamp(header(custom.exchange, custom.seq-1)), clock.Now())
	}

	pushed := push{exchangeOf(scenarios.Cell{API: "custom", Pattern: "push", Model: "server"})}
	paths["push"] = func() { pushed.Message(nil, clock.Now()) }

	stamped := push{exchangeOf(scenarios.Cell{API: "custom", Pattern: "push", Model: "server"})}
	stamped.r.job.scenario.Custom.Stamp.Field = "at"
	stamped.r.prepareArrivals()
	var number uint64
	paths["push with stamps"] = func() {
		stamped.Message(reply.Stamp(header(stamped.exchange, number)), clock.Now())
		number++
	}

	heartbeats := exchangeOf(scenarios.Cell{API: "custom", Pattern: "push", Model: "server"})
	heartbeats.r.job.target.Script = &script.Script{}
	heartbeat := []byte(`{"type":"heartbeat"}`)
	paths["unmatched"] = func() { heartbeats.r.Unmatched(heartbeat) }
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
