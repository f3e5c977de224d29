//go:build linux

package loadgen

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// A thirdPartyCase is a scenario for a server that was not written for rtbench. SERVER stands for
// the URL before the path, and CA, PROTO and IMPORT for files.
type thirdPartyCase struct {
	server, name string
	tls          bool
	scheme       string
	route        string
	text         string
	// check compares the client's counters with the server's ledger; nil: each message is
	// answered once.
	check func(t *testing.T, n result.Counters, l thirdparty.Counts)
}

// exact checks counts of a server that answers each message once.
func exact(t *testing.T, n result.Counters, l thirdparty.Counts) {
	t.Helper()
	if n.AllSent != uint64(l.Received) || n.AllReceived != uint64(l.Sent) || n.AllSent != n.AllReceived {
		t.Errorf("the client sent %d and received %d, the server received %d and sent %d", n.AllSent, n.AllReceived, l.Received, l.Sent)
	}
	if n.AllReceived == 0 {
		t.Error("nothing was received")
	}
}

const phases = "phases: {warmup: 100ms, steady: 1s, drain: 2s}"

var thirdPartyCases = []thirdPartyCase{
	{"python-websockets", "echo of our message", false, "ws", "/echo", `
target: {websocket: SERVER/echo}
pattern: echo
load: {rate: 500/s, connections: 10}
`, exact},
	{"python-websockets", "echo, compressed, TLS", true, "ws", "/echo", `
target: {websocket: {url: SERVER/echo, deflate: takeover, subprotocols: [chat.v1]}, tls: {ca: "CA"}}
pattern: echo
messages: '{"n":{{.RequestNumber}},"text":"{{randomString 200}}"}'
match: {field: n}
load: {rate: 500/s, connections: 10}
`, exact},
	{"python-websockets", "JSON-RPC out of order", false, "ws", "/jsonrpc", `
target: {websocket: SERVER/jsonrpc}
pattern: echo
messages: '{"id":{{.RequestNumber}},"method":"sum","params":[1,{{.Seq}}]}'
match: {field: id}
load: {rate: 500/s, connections: 5}
`, exact},
	{"fastapi", "JSON echo", false, "ws", "/ws", `
target: {websocket: SERVER/ws}
pattern: echo
messages: '{"id":"{{.UUID}}","text":"{{randomString 20}}"}'
match: {field: id}
load: {rate: 300/s, connections: 5}
`, exact},
	{"fastapi", "closed loop", false, "ws", "/ws", `
target: {websocket: SERVER/ws}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: order
load: {model: closed, connections: 4}
`, exact},
	{"node-ws", "echo, compressed", true, "ws", "/echo", `
target: {websocket: {url: SERVER/echo, deflate: takeover}, tls: {ca: "CA"}}
pattern: echo
load: {rate: 1k/s, connections: 10}
payload: {size: 500}
`, exact},
	{"node-wsh2", "echo over HTTP/2, many streams", false, "ws", "/echo", `
target: {websocket-h2: SERVER/echo}
pattern: echo
load: {rate: 1k/s, connections: 2, streams: 20}
payload: {size: 500}
`, overHTTP2},
	{"node-wsh2", "echo over HTTP/2 with TLS", true, "ws", "/echo", `
target: {websocket-h2: SERVER/echo, tls: {ca: "CA"}}
pattern: echo
load: {rate: 500/s, connections: 20, topology: one}
`, exact},
	{"node-wsh2", "everybody in the room, over HTTP/2", false, "ws", "/room", `
target: {websocket-h2: SERVER/room}
pattern: fanout
messages: '{"text":"{{.Header}}"}'
match: {header: text}
load: {rate: 50/s, connections: 5, topology: one}
`, everybody},
	{"grpcio", "unary", false, "grpc", "/chat.v1.Chat/Ask", `
target: {grpc: {url: SERVER/chat.v1.Chat/Ask, proto: ["PROTO"], import: ["IMPORT"]}}
pattern: echo
messages: {json: {id: '{{.RequestNumber}}', text: 'hello {{.Stream}}'}}
match: {field: id}
load: {rate: 200/s, connections: 4}
`, exact},
	{"grpcio", "bidirectional, TLS", true, "grpc", "/chat.v1.Chat/Talk", `
target: {grpc: {url: SERVER/chat.v1.Chat/Talk, proto: ["PROTO"], import: ["IMPORT"], compression: gzip}, tls: {ca: "CA"}}
pattern: echo
messages: {json: {id: '{{.RequestNumber}}', text: 'hello {{.Stream}}'}}
match: {field: id}
load: {rate: 300/s, connections: 2, streams: 2}
`, exact},
	{"node-grpc", "bidirectional by reflection", false, "grpc", "/chat.v1.Chat/Talk", `
target: {grpc: SERVER/chat.v1.Chat/Talk}
pattern: echo
messages: {json: {id: '{{.RequestNumber}}', text: 'hello {{.Stream}}'}}
match: {field: id}
load: {rate: 300/s, connections: 2, streams: 2}
`, exact},
	{"node-grpc", "client streaming", false, "grpc", "/chat.v1.Chat/Collect", `
target: {grpc: {url: SERVER/chat.v1.Chat/Collect, batch: 5}}
pattern: upload
messages: {json: {id: '{{.RequestNumber}}', text: hello}}
load: {rate: 100/s, connections: 2}
`, func(t *testing.T, n result.Counters, l thirdparty.Counts) {
		if 5*n.AllSent != uint64(l.Received) || n.AllReceived != uint64(l.Sent) || n.AllSent != n.AllReceived || n.AllSent == 0 {
			t.Errorf("the client made %d calls of 5 and received %d, the server received %d and sent %d", n.AllSent, n.AllReceived, l.Received, l.Sent)
		}
	}},
	{"grpcio", "server streaming", false, "grpc", "/chat.v1.Chat/Watch", `
target: {grpc: {url: SERVER/chat.v1.Chat/Watch, proto: ["PROTO"], import: ["IMPORT"]}}
pattern: push
messages: {json: {count: 30}}
match: {field: n}
load: {connections: 3}
`, pushed},
	{"fastapi", "events, with ids", false, "http", "/events", `
target: {sse: 'SERVER/events?count=40'}
pattern: push
load: {connections: 3}
`, func(t *testing.T, n result.Counters, l thirdparty.Counts) { // opened anew after a second, as the server asks
		if n.AllReceived != uint64(l.Sent) || n.AllReceived != 120 {
			t.Errorf("the client received %d, the server sent %d", n.AllReceived, l.Sent)
		}
	}},
	{"nginx", "events over HTTP/2 with TLS", true, "http", "/events", `
target: {sse-h2: 'SERVER/events?count=0', sse: 'SERVER/events?count=0', tls: {ca: "CA"}}
protocols: [sse-h2]
pattern: push
stamp: {field: ts, unit: ms}
load: {connections: 2, streams: 3}
`, func(t *testing.T, n result.Counters, l thirdparty.Counts) {
		// The last messages are in flight at the end.
		if n.AllReceived == 0 || n.AllReceived > uint64(l.Sent) {
			t.Errorf("the client received %d, the server sent %d", n.AllReceived, l.Sent)
		}
	}},
	{"fastapi", "POSTs and events", false, "http", "", `
target: {sse: {url: 'SERVER/events?session=a', post: 'SERVER/messages?session=a'}}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 100/s}
`, nil},
	{"fastapi", "long polling", false, "http", "/poll", `
target: {long-poll: {url: 'SERVER/poll?room=a', post: 'SERVER/poll?room=a', cursor: {query: after, field: last}, list: events}}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 100/s}
`, exact},
	{"fastapi", "everybody in the room, by long polling", false, "http", "/poll", `
target: {long-poll: {url: 'SERVER/poll?room=b', post: 'SERVER/poll?room=b', cursor: {query: after, field: last}, list: events}}
pattern: fanout
messages: '{"text":"{{.Header}}"}'
match: {header: text}
load: {rate: 50/s, connections: 5}
`, everybody},
	{"python-websockets", "feed after steps", false, "ws", "/feed", `
target: {websocket: SERVER/feed}
pattern: push
steps:
  - send: '{"type":"auth","token":"open-sesame"}'
  - wait: {field: type, is: welcome}
  - subscribe: '{"type":"subscribe"}'
  - wait: {field: type, is: ready}
stamp: {field: ts, unit: ms}
load: {connections: 4}
`, func(t *testing.T, n result.Counters, l thirdparty.Counts) {
		if n.AllReceived == 0 || n.AllReceived+n.After+2*4 > uint64(l.Sent) {
			t.Errorf("the client received %d and %d after the end, the server sent %d", n.AllReceived, n.After, l.Sent)
		}
	}},
	{"node-ws", "a session for each connection", false, "ws", "/session", `
target: {websocket: SERVER/session}
pattern: echo
steps: [{send: '{"op":"open"}'}, {capture: {session: session.id}}, load, {send: '{"op":"leave","session":"{{.session}}"}'}]
messages: '{"id":{{.RequestNumber}},"op":"say","session":"{{.session}}"}'
match: {field: id}
load: {rate: 300/s, connections: 5}
`, func(t *testing.T, n result.Counters, l thirdparty.Counts) { // each connection opens and leaves
		if n.AllSent+2*5 != uint64(l.Received) || n.AllReceived+5 != uint64(l.Sent) || n.AllSent != n.AllReceived || n.AllSent == 0 || l.Connections != 5 {
			t.Errorf("the client sent %d and received %d, the server: %+v", n.AllSent, n.AllReceived, l)
		}
	}},
	{"node-ws", "a header of the handshake, in a condition", false, "ws", "/session", `
target: {websocket: SERVER/session}
pattern: echo
steps: [{capture: {session: {header: x-session}}}]
messages: '{"id":{{.RequestNumber}},"op":"say","session":"{{.session}}"}'
match: {field: id}
expect: {field: session, is: '{{.session}}'}
ignore: [{contains: 'not {{.session}}'}]
load: {rate: 300/s, connections: 5}
`, exact},
	{"fastapi", "a header of the event stream", false, "http", "", `
target: {sse: {url: 'SERVER/events?session=a', post: 'SERVER/messages?session=a'}}
pattern: echo
steps: [{capture: {number: {header: X-Stream}}}]
messages: '{"id":{{.RequestNumber}},"number":{{.number}}}'
match: {field: id}
expect: {field: number, is: '{{.number}}'}
load: {rate: 100/s}
`, nil},
	{"node-grpc", "metadata of the response", false, "grpc", "/chat.v1.Chat/Talk", `
target: {grpc: SERVER/chat.v1.Chat/Talk}
pattern: echo
steps: [{capture: {call: {header: X-Call}}}]
messages: {json: {id: '{{.RequestNumber}}', text: '{{.call}}'}}
match: {field: id}
expect: {field: text, is: '{{.call}}'}
load: {rate: 200/s, connections: 2, streams: 2}
`, exact},
	{"grpcio", "a captured text", false, "grpc", "/chat.v1.Chat/Talk", `
target: {grpc: {url: SERVER/chat.v1.Chat/Talk, proto: ["PROTO"], import: ["IMPORT"]}}
pattern: echo
steps: [{send: {json: {id: 9, text: 'room {{.Stream}}'}}}, {capture: {number: id, words: text}}]
messages: {json: {id: '{{.RequestNumber}}', text: '{{.words}}/{{.number}}'}}
match: {field: id}
expect: {field: text, matches: '^room [0-3]/9$'}
load: {rate: 200/s, connections: 2, streams: 2}
`, func(t *testing.T, n result.Counters, l thirdparty.Counts) {
		if n.AllSent+4 != uint64(l.Received) || n.AllReceived+4 != uint64(l.Sent) || n.AllSent != n.AllReceived || n.AllSent == 0 {
			t.Errorf("the client sent %d and received %d, the server: %+v", n.AllSent, n.AllReceived, l)
		}
	}},
	{"mosquitto", "echo of our message", false, "mqtt", "", `
target: {mqtt: {url: SERVER, publish: 'echo/{{.Stream}}'}}
pattern: echo
load: {rate: 500/s, connections: 10}
`, orderly},
	{"mosquitto", "echo with QoS 1", false, "mqtt", "", `
target: {mqtt: {url: SERVER, publish: 'to/{{.Stream}}', subscribe: ['to/{{.Stream}}/#', 'from/+'], qos: 1}}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 500/s, connections: 10}
`, orderly},
	{"mosquitto", "echo with QoS 2 and TLS", true, "mqtt", "", `
target: {mqtt: {url: SERVER/echo, client_id: 'device-{{.Stream}}', qos: 2}, tls: {ca: "CA"}}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 200/s}
`, orderly},
	{"mosquitto", "everybody in the room", false, "mqtt", "", `
target: {mqtt: {url: SERVER/rooms/1, qos: 1}}
pattern: fanout
messages: '{"text":"{{.Header}}"}'
match: {header: text}
load: {rate: 50/s, connections: 5}
`, everybody},
	{"node-ws", "everybody in the room", false, "ws", "/room", `
target: {websocket: SERVER/room}
pattern: fanout
messages: '{"text":"{{.Header}}"}'
match: {header: text}
load: {rate: 50/s, connections: 5}
`, everybody},
}

// orderly is exact for MQTT, whose clients each end by DISCONNECT.
func orderly(t *testing.T, n result.Counters, l thirdparty.Counts) {
	t.Helper()
	exact(t, n, l)
	if l.Closed["disconnected"] != l.Connections || l.Connections == 0 {
		t.Errorf("the broker had %d connections, closed with %v", l.Connections, l.Closed)
	}
}

// everybody checks messages that each of five clients receives.
func everybody(t *testing.T, n result.Counters, l thirdparty.Counts) {
	t.Helper()
	if n.AllSent != uint64(l.Received) || n.AllReceived != uint64(l.Sent) || n.AllReceived != 5*n.AllSent || n.AllSent == 0 {
		t.Errorf("the client sent %d and received %d, the server received %d and sent %d", n.AllSent, n.AllReceived, l.Received, l.Sent)
	}
}

// overHTTP2 checks WebSockets that each end by a close frame.
func overHTTP2(t *testing.T, n result.Counters, l thirdparty.Counts) {
	t.Helper()
	exact(t, n, l)
	if l.Connections != 40 || l.Closed["1000"] != 40 {
		t.Errorf("the server had %d WebSockets, closed with %v", l.Connections, l.Closed)
	}
}

// pushed checks numbered messages on streams that the server ends: none is missing in between,
// and the last ones were in flight when the client left.
func pushed(t *testing.T, n result.Counters, l thirdparty.Counts) {
	t.Helper()
	if came := n.AllReceived + n.After; n.AllReceived == 0 || came > uint64(l.Sent) || 5*came < 4*uint64(l.Sent) {
		t.Errorf("the client received %d and %d after the end, the server sent %d", n.AllReceived, n.After, l.Sent)
	}
	if n.Reopened == 0 {
		t.Error("no stream was opened anew")
	}
}

// The ledgers of both sides agree, message by message.
func TestLedgersAgreeWithThirdParty(t *testing.T) {
	testrun.OnlyWithAll(t)
	for _, m := range thirdPartyCases {
		t.Run(m.server+": "+m.name, func(t *testing.T) {
			t.Parallel()
			n, l := runThirdParty(t, m)
			switch {
			case m.check != nil:
				m.check(t, n, l)
			case n.AllSent == 0 || n.AllSent != n.AllReceived:
				t.Errorf("sent %d, received %d", n.AllSent, n.AllReceived)
			}
			if n.Lost+n.Duplicates+n.Corrupt+n.Unmatched > 0 || len(n.Errors)+len(n.Refused)+len(n.Unexpected) > 0 {
				t.Errorf("%+v", n)
			}
		})
	}
}

// runThirdParty runs a case and returns the counts of both sides.
func runThirdParty(t *testing.T, m thirdPartyCase) (result.Counters, thirdparty.Counts) {
	t.Helper()
	start := thirdparty.Start
	if m.tls && m.server != "nginx" {
		start = thirdparty.StartTLS
	}
	s := start(t, m.server)
	text := strings.NewReplacer("SERVER", s.URL(m.scheme, ""), "CA", s.Files.CA, "PROTO", "chat/v1/chat.proto", "IMPORT", s.Proto).
		Replace(fmt.Sprintf("name: meeting\n%s\n%s", m.text, phases))
	sc, err := scenarios.Parse("meeting.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{sc}})
	if err != nil {
		t.Fatal(err)
	}
	rep := res.Cells[0].Repetitions[0]
	if rep.Error != "" {
		t.Fatal(rep.Error)
	}
	l := s.Ledger(t)
	t.Logf("%s %q: %+v; server %+v", rep.Validity.Word(), rep.Validity.Reasons(), rep.Counters, l)
	if m.route != "" {
		return rep.Counters, l.Routes[m.route]
	}
	return rep.Counters, l.Counts
}

// The metrics of a third-party server are read from its process.
func TestMetricsOfThirdPartyServer(t *testing.T) {
	t.Parallel()
	s := thirdparty.Start(t, "python-websockets")
	text := fmt.Sprintf("name: metrics\ntarget: {websocket: %q, stats: {pid: %d}}\npattern: echo\nload: {rate: 2k/s, connections: 10}\n%s\n",
		s.URL("ws", "/echo"), s.PID, phases)
	res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{parse(t, text)}})
	if err != nil {
		t.Fatal(err)
	}
	rep := res.Cells[0].Repetitions[0]
	if r := rep.Server; !r.Known || r.CPU <= 0 || r.RSSBytes <= 0 || r.Source != fmt.Sprintf("pid %d", s.PID) {
		t.Errorf("the server's metrics: %+v", r)
	}
	if len(rep.Samples) == 0 || rep.Samples[len(rep.Samples)-1].Server == nil {
		t.Error("no sample has the server's metrics")
	}
}

// The pings of every stack that reports pongs are those that Node's ws counts.
func TestPingsOfThirdPartyServer(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"lean", "gorilla", "coder"} {
		s := thirdparty.Start(t, "node-ws")
		text := fmt.Sprintf("name: pings\ntarget: {websocket: %q, ping: 50ms}\nstack: %s\npattern: echo\nload: {rate: 100/s, connections: 2}\nphases: {warmup: 0s, steady: 500ms, drain: 1s}\n", s.URL("ws", "/echo"), stack)
		res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{parse(t, text)}})
		if err != nil {
			t.Fatal(err)
		}
		rep := res.Cells[0].Repetitions[0]
		switch l := s.Ledger(t); {
		case rep.Pings == nil || rep.Error != "":
			t.Errorf("%s: no pings; %s", stack, rep.Error)
		case l.Pinged > int(rep.Pings.Sent) || l.Pinged+2 < int(rep.Pings.Sent) || l.Pinged == 0 || // the last of a connection may be cut off
			rep.Pings.Answered > uint64(l.Pinged) || rep.Pings.Answered > rep.Pings.Sent || rep.Pings.Longest < rep.Pings.Mean:
			t.Errorf("%s: the server counted %d pings, the client %+v", stack, l.Pinged, rep.Pings)
		}
	}
}
