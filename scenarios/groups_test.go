package scenarios_test

import (
	"testing"
	"time"

	"rtbench/scenarios"
)

const goodGroups = `name: mine
protocols: [websocket, grpc]
stack: [stock, lean]
phases: {warmup: 1s, steady: 5s}
load: {seed: 7}
thresholds: [lost == 0]
groups:
  readers:
    pattern: push
    load: {rate: 1k/s, connections: 10}
  writers:
    pattern: echo
    load: {rate: 2k/s, connections: 20}
    payload: {size: 64}
    thresholds: [errors == 0]
`

// A run has a cell of each group, with the keys that the group inherits.
func TestGroups(t *testing.T) {
	s, err := scenarios.ParseWith("f.yaml", []byte(goodGroups), scenarios.Options{Set: []string{"groups.writers.load.connections=30", "phases.steady=2s"}})
	if err != nil {
		t.Fatal(err)
	}
	runs := s.Runs()
	if len(runs) != 4 || len(s.Cells()) != 8 {
		t.Fatalf("%d runs, %d cells", len(runs), len(s.Cells()))
	}
	readers, writers := runs[0][0], runs[0][1]
	if id := readers.ID(); id != "push/websocket/stack=stock/group=readers" || writers.Stack != readers.Stack || writers.Protocol != readers.Protocol {
		t.Errorf("%s with %s", id, writers.ID())
	}
	if readers.Seed != 7 || writers.Seed != 7 || readers.Size != 128 || writers.Size != 64 || writers.Connections != 30 || writers.Steady != 2*time.Second {
		t.Errorf("%+v\n%+v", readers, writers)
	}
	if a, b := s.Of(readers).Thresholds, s.Of(writers).Thresholds; a[0].String() != "lost == 0" || b[0].String() != "errors == 0" {
		t.Errorf("thresholds %v, %v", a, b)
	}
	s.Shorten()
	if c := s.Cells()[1]; c.Steady != 500*time.Millisecond {
		t.Errorf("a shortened group takes %v", c.Steady)
	}
	if p := s.Plan(); p.Cells != 4 || p.Connections != 40 || p.Messages != 4*3000*0.6 || p.Groups[1].Rate != 2000 {
		t.Errorf("plan %+v", p)
	}
}

// A group that receives another's messages has their plan, and those of its room.
func TestDeliver(t *testing.T) {
	s, err := scenarios.Open("rooms")
	if err != nil {
		t.Fatal(err)
	}
	speakers, listeners := s.Cells()[0], s.Cells()[1]
	if listeners.From != "speakers" || listeners.Pattern != "fanout" || listeners.Rate != speakers.Rate || listeners.Arrivals != speakers.Arrivals || listeners.Rooms != 4 {
		t.Errorf("%+v", listeners)
	}
	if n, ok := listeners.SteadyMessages(); n != 400*3*16 || !ok {
		t.Errorf("%v deliveries", n)
	}
}

// A group is left out of half of the runs.
func TestWithout(t *testing.T) {
	s, err := scenarios.Open("slow-reader")
	if err != nil {
		t.Fatal(err)
	}
	runs := s.Runs()
	with, without := runs[0], runs[1]
	if len(runs) != 6 || len(with) != 3 || len(without) != 2 || without[1].ID() != "fanout/websocket/without=slow/group=fast" || with[1].ID() != "fanout/websocket/without=none/group=fast" {
		t.Fatalf("%d runs: %v, %v", len(runs), with, without)
	}
	if r := with[2].Read; r.Rate != 16<<10 || with[1].Read.Slow() || r.String() != "16KiB/s" {
		t.Errorf("%+v reads %v", with[2], r)
	}
}

const goodDelivery = `name: mine
rooms: 2
target: wss://example.org/ws
groups:
  speakers:
    pattern: echo
    load: {rate: 1k/s, connections: 10}
    messages: '{"room":{{.Room}},"header":"{{.Header}}"}'
    match: none
  listeners:
    deliver: {from: speakers, field: header}
    load: {connections: 20}
`

func TestDeliveryMistakes(t *testing.T) {
	for _, m := range []mistake{
		{what: "an unknown group", old: "from: speakers", new: "from: speaker", at: "f.yaml:11:21", says: `groups.listeners.deliver.from: found "speaker"; expected a group; did you mean "speakers"?`},
		{what: "the group itself", old: "from: speakers", new: "from: listeners", at: "f.yaml:11:21", says: "found the group itself; expected another group"},
		{what: "no group", old: "from: speakers, ", new: "", at: "f.yaml:11:14", says: "groups.listeners.deliver.from is missing"},
		{what: "a rate of listeners", old: "connections: 20", new: "rate: 1/s", at: "f.yaml:12:18", says: "groups.listeners.load.rate with deliver; expected none, because group speakers sends the messages"},
		{what: "messages of listeners", old: "    load: {connections: 20}", new: "    messages: hello", at: "f.yaml:12:15", says: "groups.listeners.messages with deliver"},
		{what: "another pattern", old: "    load: {connections: 20}", new: "    pattern: push", at: "f.yaml:12:14", says: "groups.listeners.pattern: push with deliver; expected fanout"},
		{what: "messages without a header", old: `"{{.Header}}"`, new: "1", at: "f.yaml:11:14", says: "groups.listeners.deliver: the message of group speakers in f.yaml:8 has no {{.Header}}"},
		{what: "no field", old: ", field: header", new: "", at: "f.yaml:11:5", says: "groups.listeners.deliver.field is missing; expected the path of {{.Header}}"},
		{what: "more rooms than listeners", old: "connections: 10", new: "connections: 1", at: "f.yaml:2:8", says: "rooms: found 2, and group speakers has 1 streams"},
		{what: "rooms without delivery", old: "", new: "rooms: 2\n" + goodGroups, at: "f.yaml:1:8", says: "rooms without a group that has deliver"},
		{what: "rooms without groups", old: "", new: "rooms: 2\n" + good, at: "f.yaml:1:8", says: "rooms without groups; expected a group with deliver"},
		{what: "a room without rooms", old: "rooms: 2\n", new: "", at: "f.yaml:7:15", says: "{{.Room}} without rooms; expected `rooms: NUMBER`"},
		{what: "delivery without groups", old: "", new: good + "deliver: {from: a}\n", at: "f.yaml:10:1", says: `unknown key "deliver"`},
		{what: "a slow rate without time", old: "load: {connections: 20}", new: "read: {rate: 2KiB}", at: "f.yaml:12:18", says: "did you mean 2KiB/s?"},
		{what: "a pause alone", old: "load: {connections: 20}", new: "read: {pause: 1s}", at: "f.yaml:12:11", says: "groups.listeners.read: expected rate, or both pause and every"},
		{what: "a pause without end", old: "load: {connections: 20}", new: "read: {pause: 2s, every: 1s}", at: "f.yaml:12:11", says: "the pause takes the whole period"},
		{what: "two ways to be slow", old: "load: {connections: 20}", new: "read: {rate: 1KiB/s, pause: 1s, every: 2s}", at: "f.yaml:12:18", says: "groups.listeners.read.rate with pause; expected one of"},
		{what: "a group to leave out that is none", old: "rooms: 2", new: "rooms: 2\nwithout: [none, listener]", at: "f.yaml:3:10", says: `without: found "listener"; expected none or a group; did you mean "listeners"?`},
		{what: "leaving out the senders", old: "rooms: 2", new: "rooms: 2\nwithout: speakers", at: "f.yaml:3:10", says: "without: group speakers sends what another group receives"},
		{what: "leaving out without groups", old: "", new: "without: a\n" + good, at: "f.yaml:1:10", says: "without without groups; expected groups"},
		{what: "closed speakers", old: "rate: 1k/s", new: "model: closed", at: "f.yaml:11:21", says: "group speakers has pattern echo in a loop that is closed; expected echo and open"},
	} {
		t.Run(m.what, func(t *testing.T) { checkMistake(t, goodDelivery, m) })
	}
}

func TestGroupMistakes(t *testing.T) {
	for _, m := range []mistake{
		{what: "no group", old: goodGroups[len("name: mine\n"):], new: "groups: {}\n", at: "f.yaml:2:9", says: "groups: found keys and values; expected 1 to 16 groups by name"},
		{what: "a list of groups", old: goodGroups[len("name: mine\n"):], new: "groups: [a]\n", at: "f.yaml:2:9", says: "groups: found a list"},
		{what: "a group in capitals", old: "readers:", new: "Readers:", at: "f.yaml:8:3", says: `did you mean "readers"?`},
		{what: "a group twice", old: "writers:", new: "readers:", at: "f.yaml:11:3", says: `group "readers" is given twice`},
		{what: "a key of the whole in a group", old: "pattern: push", new: "pattern: push\n    target: 127.0.0.1:9000", at: "f.yaml:10:5", says: `unknown key "target" in groups.readers; expected one of pattern, load,`},
		{what: "connections outside of load", old: "pattern: push", new: "pattern: push\n    connections: 3", at: "f.yaml:10:5", says: `unknown key "connections" in groups.readers`},
		{what: "no pattern", old: "    pattern: push\n", new: "", at: "f.yaml:9:5", says: "groups.readers.pattern is missing"},
		{what: "no rate", old: "rate: 1k/s, ", new: "", at: "f.yaml:10:5", says: "groups.readers.load.rate is missing"},
		{what: "an axis of a group", old: "rate: 1k/s", new: "rate: [1k/s, 2k/s]", at: "f.yaml:10:18", says: "groups.readers.load.rate: found 2 values; expected one, because only protocols, stack, tls, reconnect.policy and join.stay are axes of a scenario with groups"},
		{what: "an inherited axis", old: "seed: 7", new: "arrivals: [constant, poisson]", at: "f.yaml:5:18", says: "groups.readers.load.arrivals: found 2 values; expected one"},
		{what: "stages of a group", old: "rate: 1k/s", new: "stages: [{over: 1s, to: 2k/s}], rate: 1k/s", at: "f.yaml:10:20", says: "groups.readers.load.stages with groups; expected one rate"},
		{what: "a topology of a group", old: "rate: 1k/s", new: "topology: one, rate: 1k/s", at: "f.yaml:10:22", says: "groups.readers.load.topology with groups; expected connections and streams"},
		{what: "a closed loop with a rate", old: "rate: 2k/s", new: "model: closed, rate: 2k/s", at: "f.yaml:13:33", says: "groups.writers.load.rate in a closed loop"},
		{what: "a flood", old: "rate: 1k/s", new: "model: closed", at: "f.yaml:10:19", says: "groups.readers.load.model: closed with pattern push in a group; expected open"},
		{what: "messages without a target", old: "payload: {size: 64}", new: "messages: hello", at: "f.yaml:14:15", says: "groups.writers.messages without a target"},
		{what: "a wrong flag", old: "", new: goodGroups, options: scenarios.Options{Set: []string{"groups.readers.load.rat=1/s"}}, at: "--set groups.readers.load.rat=1/s", says: `unknown key "rat" in groups.readers.load`},
		{what: "a secret in a group", old: "payload: {size: 64}", new: "steps: [{authenticate: 'token abc'}]", at: "f.yaml:14:28", says: "found text without a variable"},
	} {
		t.Run(m.what, func(t *testing.T) { checkMistake(t, goodGroups, m) })
	}
}
