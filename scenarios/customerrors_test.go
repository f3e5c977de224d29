package scenarios_test

import (
	"testing"

	"rtbench/scenarios"
)

// goodCustom is a valid scenario for a custom target; cases replace parts of it.
const goodCustom = `name: mine
target:
  websocket: wss://example.org/ws
  headers: {X-Room: "1"}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 1k/s}
`

// head holds the other keys of a whole file.
const head = "name: a\nload: {rate: 1/s}\npattern: echo\n"

var customErrors = []mistake{
	// Target.
	{what: "http for ws", old: "wss://example.org/ws", new: "https://example.org/ws", at: "f.yaml:3:14", says: "expected ws or wss over websocket, such as wss://host/path; did you mean wss://, or the key sse?"},
	{what: "a scheme misspelt", old: "wss://", new: "wsss://", at: "f.yaml:3:14", says: "did you mean wss://?"},
	{what: "no scheme", old: "wss://example.org/ws", new: "example.org/ws", at: "f.yaml:3:14", says: "target.websocket: not a URL; expected ws or wss over websocket, such as wss://host/path"},
	{what: "no host", old: "wss://example.org/ws", new: "wss:///ws", at: "f.yaml:3:14", says: "target.websocket: missing host after wss://; expected a URL such as wss://host/path"},
	{what: "a port too large", old: "example.org/ws", new: "example.org:70000/ws", at: "f.yaml:3:14", says: "expected a number from 1 to 65535"},
	{what: "a user in the URL of a broker", new: "name: a\nload: {rate: 1/s}\npattern: echo\ntarget: mqtt://ann:hunter2@h/a\nmessages: a\n", at: "f.yaml:4:9", says: "found user information in the URL; expected user and password under target.mqtt"},
	{what: "a user in the URL", old: "wss://", new: "wss://ann:hunter2@", at: "f.yaml:3:14", says: "target.websocket: found user information in the URL; expected credentials under headers (Authorization:"},
	{what: "a fragment", old: "/ws", new: "/ws#top", at: "f.yaml:3:14", says: "target.websocket: found # in the URL; expected none, because fragments are not sent"},
	{what: "a space in a path", old: "/ws", new: "/w s", at: "f.yaml:3:14", says: "target.websocket: invalid character in the URL; expected it escaped, such as %20"},
	{what: "a template in a path", old: "/ws", new: "/ws/{{.Stream}}", at: "f.yaml:3:14", says: "target.websocket: found a template action ({{…}}), which only messages, steps and bodies support; expected a"},
	{what: "a template in the query of a URL", old: "wss://example.org/ws", new: "\"wss://example.org/ws?s={{.Stream}}\"", at: "f.yaml:3:14", says: "target.websocket: found a template action ({{…}}), which only messages, steps and bodies support; expected a"},
	{what: "a template in a header", old: "{X-Room: \"1\"}", new: "{X-Room: \"{{.Stream}}\"}", at: "f.yaml:4:21", says: "target.headers.X-Room: found a template action ({{…}}), which only messages, steps and bodies support;"},
	{what: "a template in the name of a query", old: "headers: {X-Room: \"1\"}", new: "query: {\"a{{.Stream}}\": b}", at: "f.yaml:4:11", says: "target.query: found a template action ({{…}}), which only messages, steps and bodies support; expected"},
	{what: "a template in a POST URL", new: head + "target: {sse: {url: https://h/events, post: \"https://h/{{.Stream}}\"}}\nmessages: a\n", at: "f.yaml:4:45", says: "target.sse.post: found a template action ({{…}}), which only messages, steps and bodies support; expected a"},
	{what: "a template in a path of the guide", new: "name: a\nload: {rate: 1/s}\npattern: push\napi: guide\ntarget: 127.0.0.1:9\npath: \"/a/{{.Stream}}\"\n", at: "f.yaml:6:7", says: "path: found a template action ({{…}}), which only messages, steps and bodies support; expected a constant"},
	{what: "a token in the query", old: "/ws", new: "/ws?room=1&access_token=hunter2", at: "f.yaml:3:14", says: "target.websocket: found a literal secret in the query (access_token); expected ${NAME}, an environment"},
	{what: "gRPC without a method", old: "websocket: wss://example.org/ws", new: "grpc: grpcs://example.org/chat", at: "f.yaml:3:9", says: "expected grpcs://HOST/pkg.Service/Method"},
	{what: "tcp with a path", old: "websocket: wss://example.org/ws", new: "tcp: tcp://example.org:7/x", at: "f.yaml:3:8", says: "expected tcp://HOST:PORT"},
	{what: "a protocol in its short name", old: "websocket:", new: "ws:", at: "f.yaml:3:3", says: `did you mean "websocket"?`},
	{what: "a protocol without a URL", old: "pattern:", new: "protocols: [websocket, sse]\npattern:", at: "f.yaml:5:12", says: "protocols: target has no URL for sse; expected websocket"},
	{what: "no target", old: "target:\n  websocket: wss://example.org/ws\n  headers: {X-Room: \"1\"}\n", new: "api: custom\n", at: "f.yaml:2:6", says: "api without a target"},
	{what: "no protocol", old: "  websocket: wss://example.org/ws\n", new: "", at: "f.yaml:3:3", says: "no protocol in it; expected one of websocket, sse, sse-h2, grpc, websocket-h2, long-poll, sse-h3, webtransport, mqtt, tcp"},
	{what: "another API", old: "pattern:", new: "api: guide\npattern:", at: "f.yaml:5:6", says: "guide with a target of keys and values; expected `api: custom`"},
	{what: "a URL that no scheme says", new: head + "api: custom\ntarget: ftp://example.org\n", at: "f.yaml:5:9", says: "target: unsupported scheme; expected ws or wss over websocket, such as wss://host/path"},
	{what: "the url missing", old: "wss://example.org/ws", new: "{deflate: off}", at: "f.yaml:3:14", says: "target.websocket.url is missing; expected one such as {url: wss://host/path}"},
	{what: "a query over MQTT", old: "websocket: wss://example.org/ws", new: "mqtt: mqtts://example.org/a?b=1", at: "f.yaml:3:9", says: "target.mqtt: found a query in the URL; expected none, because MQTT has topics"},
	{what: "headers over MQTT", old: "websocket: wss://example.org/ws", new: "mqtt: mqtts://example.org/a", at: "f.yaml:4:12", says: "target.headers over mqtt; expected user and password of mqtt, or bearer"},
	{what: "MQTT without a topic", new: head + "target: mqtt://h\nmessages: a\n", at: "f.yaml:4:1", says: "target.mqtt: missing publish; expected the topic of messages, such as `publish: rooms/1`, or the path of the URL"},
	{what: "a push over MQTT without a topic", new: "name: a\npattern: push\ntarget: {mqtt: {url: mqtt://h}}\n", at: "f.yaml:3:16", says: "target.mqtt: missing subscribe; expected topic filters, such as `subscribe: rooms/+`, or the path of the URL"},
	{what: "messages to a wildcard", new: head + "target: {mqtt: {url: mqtt://h, publish: a/+}}\nmessages: a\n", at: "f.yaml:4:41", says: "target.mqtt.publish: found a wildcard (+ or #) in the topic of messages; expected it in subscribe only"},
	{what: "a wildcard before the end", new: head + "target: {mqtt: {url: mqtt://h/a, subscribe: ['a/#/b']}}\nmessages: a\n", at: "f.yaml:4:45", says: "target.mqtt.subscribe: found # before the end; expected it as the last level, such as rooms/#"},
	{what: "a wildcard in a word", new: head + "target: {mqtt: {url: mqtt://h/a, subscribe: [a/b+]}}\nmessages: a\n", at: "f.yaml:4:45", says: "target.mqtt.subscribe: found a wildcard beside other text"},
	{what: "a counter in a topic", new: head + "target: {mqtt: {url: mqtt://h, publish: 'a/{{.RequestNumber}}'}}\nmessages: a\n", at: "f.yaml:4:41", says: "target.mqtt.publish: {{RequestNumber}}, which differs by message; expected {{.Stream}}, {{.Room}} or {{.Row.NAME}}"},
	{what: "a quality of service of 3", new: head + "target: {mqtt: {url: mqtt://h/a, qos: 3}}\nmessages: a\n", at: "f.yaml:4:39", says: `target.mqtt.qos: found "3"; expected an integer from 0 to 2`},
	{what: "one client for all", new: "name: a\nload: {rate: 1/s, connections: 2}\npattern: echo\ntarget: {mqtt: {url: mqtt://h/a, client_id: me}}\nmessages: a\n", at: "f.yaml:4:45", says: "target.mqtt.client_id: the same for 2 connections, and a broker closes one for the next; expected one for each, such as 'device-{{.Stream}}'"},
	{what: "a literal password", new: head + "target: {mqtt: {url: mqtt://h/a, user: ann, password: hunter2}}\nmessages: a\n", at: "f.yaml:4:55", says: "target.mqtt.password: found text without a variable; expected the secret as ${NAME}, or {{.Row.NAME}} of rows"},
	{what: "two passwords", new: head + "target: {mqtt: {url: mqtt://h/a, password: '{{.Row.a}}'}, bearer: {env: A}}\nrows: a.csv\nmessages: a\n", at: "f.yaml:4:44", says: "target.mqtt.password with bearer; expected one of them"},
	{what: "streams over MQTT", new: "name: a\nload: {rate: 1/s, streams: 2}\npattern: echo\ntarget: mqtt://h/a\nmessages: a\n", at: "f.yaml:2:28", says: "load.streams: 2 streams per connection over mqtt; expected 1, or only protocols of"},
	{what: "an upload over MQTT", new: "name: a\nload: {rate: 1/s}\npattern: upload\ntarget: mqtt://h/a\nmessages: a\n", at: "f.yaml:3:10", says: "pattern: upload over mqtt; expected grpc, or echo with `match: none`"},
	{what: "a header over MQTT", new: head + "target: mqtt://h/a\nsteps: [{capture: {session: {header: a}}}]\nmessages: '{{.session}}'\n", at: "f.yaml:5:38", says: "steps[0].capture.session.header over mqtt, which has no response header"},
	{what: "a key of another protocol", old: "websocket: wss://example.org/ws", new: "sse: {url: https://example.org, deflate: each}", at: "f.yaml:3:35", says: `unknown key "deflate" in target.sse; expected one of url, method, body, post, limit; deflate is a key of`},
	{what: "a key of the target in an endpoint", old: "wss://example.org/ws", new: "{url: wss://example.org, headers: {A: b}}", at: "f.yaml:3:39", says: `unknown key "headers" in target.websocket; expected one of url, subprotocols, frames, deflate, fragment,`},
	{what: "headers at the left edge", old: "pattern:", new: "headers: {A: b}\npattern:", at: "f.yaml:5:1", says: `did you mean "headers" in target, indented below it?`},
	{what: "a limit too large", old: "wss://example.org/ws", new: "{url: wss://h, limit: 1000MiB}", at: "f.yaml:3:36", says: "from 1 to 67108864 (64MiB)"},

	// Answers and heartbeats, records, values.
	{what: "an answer without a condition", old: "load:", new: "answers: {send: pong}\nload:", at: "f.yaml:8:10", says: "answers.to is missing; expected both, such as {to: ping, send: pong}"},
	{what: "an answer to anything", old: "load:", new: "answers: [{to: {}, send: pong}]\nload:", at: "f.yaml:8:16", says: "answers[0].to: empty condition"},
	{what: "a counter in an answer", old: "load:", new: "answers: [{to: ping, send: 'pong {{.RequestNumber}}'}]\nload:", at: "f.yaml:8:28", says: "answers[0].send: {{.RequestNumber}} belongs to measured messages; expected none of {{.RequestNumber}}, {{.UUID}}"},
	{what: "a captured value in a heartbeat", old: "load:", new: "steps: [{capture: {a: b}}, {send: '{{.a}}'}]\nheartbeat: {every: 1s, send: '{{.a}}'}\nload:", at: "f.yaml:9:31", says: "{{.a}}: used before it is captured"},
	{what: "a heartbeat too fast", old: "load:", new: "heartbeat: {every: 1ms, send: x}\nload:", at: "f.yaml:8:20", says: "heartbeat.every: found \"1ms\""},
	{what: "a heartbeat without a message", old: "load:", new: "heartbeat: {every: 1s}\nload:", at: "f.yaml:8:12", says: "heartbeat.send is missing; expected both, such as {every: 30s, send: ping}"},
	{what: "answers over SSE", new: head + "target: {sse: {url: 'https://h/', post: 'https://h/'}}\nanswers: {to: ping, send: pong}\n", at: "f.yaml:5:10", says: "answers over sse; expected websocket, mqtt or tcp"},
	{what: "an end of records over gRPC", new: head + "target: grpc://h/a.B/C\nmessages: '{}'\nrecords: {end: x}\n", at: "f.yaml:6:16", says: "records.end over grpc; expected none"},
	{what: "an empty end of records", old: "load:", new: "records: {end: ''}\nload:", at: "f.yaml:8:16", says: "records.end: found \"\"; expected 1 to 16 bytes without {{"},
	{what: "match after nothing", old: "match: {field: id}", new: "match: {after: '('}", at: "f.yaml:7:16", says: "match.after: found \"(\"; expected a regular expression (RE2)"},
	{what: "match after over gRPC", new: head + "target: grpc://h/a.B/C\nmessages: '{\"a\":{{.RequestNumber}}}'\nmatch: {after: x}\n", at: "f.yaml:6:16", says: "match.after over grpc; expected {field: PATH}"},
	{what: "load in the handshake", old: "load:", new: "handshake: [{wait: a}, load]\nload:", at: "f.yaml:8:24", says: "load in handshake; expected it in steps"},
	{what: "a value that nothing uses", old: "load:", new: "values: {a: b}\nload:", at: "f.yaml:8:13", says: "values.a: nothing uses it; expected {{.a}} in a step or message"},
	{what: "a value without a text", old: "load:", new: "values: {a: }\nload:", at: "f.yaml:8:13", says: "values.a has no text"},
	{what: "a value with the name of an action", old: "load:", new: "values: {seq: b}\nload:", at: "f.yaml:8:10", says: "did you mean reply_seq?"},
	{what: "a value that is captured too", old: "load:", new: "values: {a: b}\nsteps: [{capture: {a: b}}, {send: '{{.a}}'}]\nload:", at: "f.yaml:8:13", says: "values.a: a step captures a value of that name"},
	{what: "a secret value", old: "load:", new: "values: {token: hunter2}\nsteps: [{send: '{{.token}}'}]\nload:", at: "f.yaml:8:17", says: "values.token: found a literal secret; expected ${NAME}"},
	{what: "a value that changes in a condition", old: "load:", new: "values: {a: 'b{{.Seq}}'}\nignore: [{field: x, is: '{{.a}}'}]\nload:", at: "f.yaml:9:10", says: "ignore[0]: a value with {{Seq}} in a condition; expected values that are constant on a stream"},
	{what: "values in a list", old: "load:", new: "values: [a]\nload:", at: "f.yaml:8:9", says: "expected names with texts, such as {topic: lobby}"},

	// Kinds of messages.
	{what: "a weight of one message", new: head + "target: ws://h\nmessages: {text: a, weight: 2}\n", at: "f.yaml:5:29", says: "messages.weight with one message; expected several messages, or no weight"},
	{what: "a message without a name", new: head + "target: ws://h\nmessages: [{name: a, text: a}, b]\n", at: "f.yaml:5:32", says: "messages[1] without a name; expected one, such as {name: message2, text: …}, because other messages have names"},
	{what: "a name twice", new: head + "target: ws://h\nmessages: [{name: a, text: a}, {name: a, text: b}]\n", at: "f.yaml:5:39", says: `messages[1].name: found "a" twice; expected another name`},
	{what: "names without replies", new: head + "target: ws://h\nmatch: none\nmessages: {name: a, text: a}\n", at: "f.yaml:6:18", says: "messages.name with `match: none`; expected order, header or {field: PATH}"},
	{what: "a name in upload", new: "name: a\nload: {rate: 1/s}\npattern: upload\ntarget: grpc://h/a.B/C\nmessages: {name: a, text: '{}'}\n", at: "f.yaml:5:18", says: "messages.name with pattern upload; expected `pattern: echo`, whose replies have response times, or no names"},
	{what: "a weight of 0", new: head + "target: ws://h\nmessages: [{weight: 0, text: a}, b]\n", at: "f.yaml:5:21", says: `messages[0].weight: found "0"; expected an integer from 1 to 1000000`},
	{what: "a text as send", new: head + "target: ws://h\nmessages: [{name: a, send: a}, {name: b, text: b}]\n", at: "f.yaml:5:22", says: `unknown key "send" in messages[0]; expected one of name, weight, text, json, file, raw, size; did you mean "text"?`},

	// Captures.
	{what: "a value used before its capture", old: "load:", new: "steps: [{send: 'a{{.session}}'}, {capture: {session: id}}]\nload:", at: "f.yaml:8:18", says: "steps[0].send: {{.session}}: used before it is captured; expected the step {capture: {session: PATH}} before it"},
	{what: "a value of another name", new: head + "target: ws://h\nsteps: [{capture: {session: id}}, {send: '{{.session}}'}]\nmessages: [a, '{\"s\":\"{{.sesion}}\"}']\n", at: "f.yaml:6:22", says: "messages[1]: {{.sesion}}: unknown action; did you mean {{.session}}?"},
	{what: "a value never used", old: "load:", new: "steps: [{capture: {session: id}}]\nload:", at: "f.yaml:8:29", says: "steps[0].capture.session: captured and never used; expected {{.session}} in a later step, message or condition"},
	{what: "the name of an action", old: "load:", new: "steps: [{capture: {room: id}}]\nload:", at: "f.yaml:8:20", says: `steps[0].capture: "room" is the name of the action {{.Room}}; did you mean reply_room?`},
	{what: "a name in upper case", old: "load:", new: "steps: [{capture: {Session: id}}]\nload:", at: "f.yaml:8:20", says: `steps[0].capture: found "Session"; expected a name such as session: a lower-case letter, then letters, digits and _`},
	{what: "a capture without a name", old: "load:", new: "steps: [{capture: id}]\nload:", at: "f.yaml:8:19", says: `steps[0].capture: found the text "id"; expected names with paths into the reply or with headers, such as {session: reply.session_id} or {session: {header: X-Session}}`},
	{what: "a capture with a bad path", old: "load:", new: "steps: [{capture: {session: 'a..b'}}]\nload:", at: "f.yaml:8:32", says: "steps[0].capture.session: missing key after a dot"},
	{what: "answers without a request", new: "name: a\npattern: generate\ntarget: http://h/v1\nload: {rate: 1/s}\n", at: "f.yaml:2:10", says: "pattern: generate without messages; expected the request, such as"},
	{what: "answers over a WebSocket without an end", new: "name: a\npattern: generate\ntarget: ws://h\nmessages: x\nload: {rate: 1/s}\n", at: "f.yaml:3:1", says: "target.websocket: answers over websocket without end; expected the condition of their last message"},
	{what: "steps before answers over SSE", new: "name: a\npattern: generate\ntarget: http://h/v1\nmessages: x\nsteps: [{think: 1s}]\nload: {rate: 1/s}\n", at: "f.yaml:5:8", says: "steps over sse with pattern generate; expected none, because each request opens a stream"},
	{what: "answers with a body", new: "name: a\npattern: generate\ntarget: {sse: {url: http://h/v1, method: POST, body: x}}\nmessages: x\nload: {rate: 1/s}\n", at: "f.yaml:3:54", says: "target.sse.body with pattern generate; expected the request under messages"},
	{what: "a think time in an open loop of answers", new: "name: a\npattern: generate\ntarget: http://h/v1\nmessages: x\nload: {rate: 1/s, think: 2s}\n", at: "f.yaml:5:26", says: "load.think in an open loop; expected `model: closed` with it"},
	{what: "a rate of users", new: "name: a\npattern: generate\ntarget: http://h/v1\nmessages: x\nload: {model: closed, rate: 1/s}\n", at: "f.yaml:5:29", says: "load.rate in a closed loop; expected `model: open` with it"},
	{what: "a condition on answers without any", new: "name: a\nprotocols: tcp\npattern: echo\nload: {rate: 1/s}\nthresholds: ttft(99) < 500ms\n", at: "f.yaml:5:13", says: "thresholds: ttft without pattern generate; expected a metric of messages such as p(99), or `pattern: generate`"},
	{what: "answers matched by order", new: "name: a\npattern: generate\ntarget: http://h/v1\nmessages: x\nmatch: order\nload: {rate: 1/s}\n", at: "f.yaml:5:8", says: "match: order with pattern generate; expected none"},
	{what: "a plan of a custom target's answers", new: "name: a\npattern: generate\ntarget: http://h/v1\nmessages: x\ntokens: {count: 3}\nload: {rate: 1/s}\n", at: "f.yaml:5:9", says: "tokens with api: custom; expected none, because the server plans its answers"},
	{what: "answers and echoes", new: "name: a\nprotocols: tcp\npattern: [generate, echo]\nload: {rate: 1/s}\n", at: "f.yaml:3:10", says: "pattern: found generate and others; expected generate alone: write two scenarios"},
	{what: "answers longer than the drain", new: "name: a\nprotocols: tcp\npattern: generate\ntokens: {count: 11, first: 0s, every: 1s}\nphases: {drain: 2s}\nload: {rate: 1/s}\n", at: "f.yaml:5:17", says: "phases.drain: found 2s, and an answer takes 10s; expected at least that, or no drain"},
	{what: "an end of echoes", old: "load:", new: "end: done\nload:", at: "f.yaml:8:6", says: "end without pattern generate; expected `pattern: generate`"},
	{what: "a header without a name", old: "load:", new: "steps: [{capture: {session: {header: 'a b'}}}]\nload:", at: "f.yaml:8:38", says: "steps[0].capture.session.header: found \"a b\"; expected the name of a header such as X-Session"},
	{what: "a header over tcp", new: head + "target: tcp://h:1\nsteps: [{capture: {session: {header: a}}}]\nmessages: '{{.session}}'\n", at: "f.yaml:5:38", says: "steps[0].capture.session.header over tcp, which has no response header; expected a path into a reply, such as {session: reply.session}"},
	{what: "a value in a condition before its capture", old: "load:", new: "steps: [{wait: {field: id, is: '{{.session}}'}}, {capture: {session: id}}]\nload:", at: "f.yaml:8:33", says: "steps[0].wait.is: {{.session}}: used before it is captured"},
	{what: "an unknown value in a condition", old: "load:", new: "ignore: 'a {{.sesion}}'\nload:", at: "f.yaml:8:12", says: "ignore: {{.sesion}}: unknown action; expected one of"},
	{what: "a counter in a condition", old: "load:", new: "expect: {contains: 'a {{.RequestNumber}}'}\nload:", at: "f.yaml:8:23", says: "expect.contains: {{RequestNumber}} in a condition; expected a captured value, {{.Row.NAME}}, {{.Stream}} or {{.Room}}"},
	{what: "a value in a regular expression", old: "load:", new: "expect: {matches: 'a {{.session}}'}\nload:", at: "f.yaml:8:19", says: "expected a regular expression (RE2), such as ^ok, without {{…}}; use is or contains for templates"},
	{what: "a row of each message in a condition", old: "load:", new: "rows: {file: a.csv, per: message}\nexpect: '{{.Row.a}}'\nload:", at: "f.yaml:9:9", says: "expect: {{.Row.NAME}} in a condition with rows per message; expected `per: stream`"},
	{what: "a capture after load", old: "load:", new: "steps: [load, {capture: {session: id}}]\nload:", at: "f.yaml:8:15", says: "steps: capture after load; expected it before load"},
	{what: "a captured value in a body", new: "name: a\npattern: push\ntarget: {sse: {url: https://h/events, method: POST, body: '{{.session}}'}}\nsteps: [{capture: {session: id}}]\n", at: "f.yaml:3:59", says: "target.sse.body: {{.session}} in the body, which is sent before steps capture it; expected it in messages or a later step"},

	// Credentials.
	{what: "a token as text", old: "X-Room: \"1\"", new: "Authorization: Bearer hunter2", at: "f.yaml:4:28", says: "target.headers.Authorization: found a literal secret; expected ${NAME}, an environment variable, to keep it"},
	{what: "a default that is the token", old: "X-Room: \"1\"", new: "X-Api-Key: \"${NONE:-hunter2}\"", at: "f.yaml:4:24", says: "target.headers.X-Api-Key: found a literal secret; expected ${NAME}, an environment variable, to keep it out"},
	{what: "a header twice", old: "X-Room: \"1\"", new: "X-Room: \"1\", x-room: \"2\"", at: "f.yaml:4:26", says: "each name once"},
	{what: "a header of the handshake", old: "X-Room: \"1\"", new: "Sec-WebSocket-Protocol: chat", at: "f.yaml:4:13", says: "did you mean subprotocols of websocket?"},
	{what: "a header with a space", old: "X-Room: \"1\"", new: "\"X Room\": \"1\"", at: "f.yaml:4:13", says: `target.headers: found the text "X Room"; expected the name of a header: letters, digits and -`},
	{what: "headers as text", old: "{X-Room: \"1\"}", new: "X-Room 1", at: "f.yaml:4:12", says: "expected names with values, such as {X-Room: \"1\"}"},
	{what: "a cookie as text", old: "headers: {X-Room: \"1\"}", new: "cookies: {session: hunter2}", at: "f.yaml:4:22", says: "target.cookies.session: found a literal secret; expected ${NAME}, an environment variable, to keep it out of"},
	{what: "a profile without its URL", old: "pattern:", new: "profile: {duration: 2s}\npattern:", at: "f.yaml:5:10", says: "profile without pprof; expected the URL of the server's profiles, such as {pprof: http://127.0.0.1:6060}"},
	{what: "a profile of half a second", old: "pattern:", new: "profile: {pprof: 'http://h:6060', duration: 1500ms}\npattern:", at: "f.yaml:5:45", says: "profile.duration: found \"1500ms\"; expected whole seconds from 1s to 10m"},
	{what: "a profile with a user", old: "pattern:", new: "profile: http://ann:hunter2@h:6060\npattern:", at: "f.yaml:5:10", says: "profile: found user information in the URL"},
	{what: "a profile by its name", old: "pattern:", new: "profile: ci\npattern:", at: "f.yaml:5:10", says: "profile: invalid value; expected a URL such as http://127.0.0.1:6060"},
	{what: "a bearer of a profile as text", old: "pattern:", new: "profile: {pprof: 'http://h:6060', bearer: hunter2}\npattern:", at: "f.yaml:5:43", says: "profile.bearer: found a literal token"},
	{what: "a bearer as text", old: "headers: {X-Room: \"1\"}", new: "bearer: hunter2", at: "f.yaml:4:11", says: "{env: NAME}, {file: token.txt} or {command: [pass, show, api]}"},
	{what: "a bearer from a variable", old: "headers: {X-Room: \"1\"}", new: "bearer: ${SECRET}", at: "f.yaml:4:11", says: "did you mean {env: SECRET}?"},
	{what: "two bearers", old: "headers: {X-Room: \"1\"}", new: "bearer: {env: A, file: b}", at: "f.yaml:4:11", says: "found 2 keys"},
	{what: "a bearer and a header", old: "headers: {X-Room: \"1\"}", new: "headers: {authorization: \"${SECRET}\"}\n  bearer: {env: A}", at: "f.yaml:5:11", says: "target.bearer with header Authorization; expected one of them"},
	{what: "headers over tcp", old: "websocket: wss://example.org/ws", new: "tcp: tcp://example.org:7", at: "f.yaml:4:12", says: `target.headers over tcp; expected a step such as {authenticate: "${NAME}"}`},
	{what: "a query over gRPC", old: "websocket: wss://example.org/ws\n  headers: {X-Room: \"1\"}", new: "grpc: grpcs://example.org/a.B/C\n  query: {a: b}", at: "f.yaml:4:10", says: "target.query over grpc, mqtt or tcp; expected websocket, sse or sse-h2"},
	{what: "TLS without TLS", old: "wss://example.org/ws", new: "ws://example.org/ws\n  tls: {insecure: true}", at: "f.yaml:4:8", says: "no URL has TLS; expected wss, https, grpcs or mqtts"},
	{what: "TLS versions in reverse", old: "  headers:", new: "  tls: {min: 1.3, max: 1.2}\n  headers:", at: "f.yaml:4:24", says: "target.tls.max is below min, which is 1.2 by default; expected a version from min on"},
	{what: "a TLS version below the default one", old: "  headers:", new: "  tls: {max: 1.1}\n  headers:", at: "f.yaml:4:14", says: "target.tls.max is below min, which is 1.2 by default; expected"},
	{what: "no TLS version", old: "  headers:", new: "  tls: {min: 3}\n  headers:", at: "f.yaml:4:14", says: "target.tls.min: found \"3\"; expected a version of TLS: 1.0, 1.1, 1.2 or 1.3"},
	{what: "a proxy with a literal password", old: "  headers:", new: "  proxy: http://ann:hunter2@h:3128\n  headers:", at: "f.yaml:4:10", says: "target.proxy: found literal credentials; expected them from variables"},
	{what: "a proxy over TLS", old: "  headers:", new: "  proxy: https://h:3128\n  headers:", at: "f.yaml:4:10", says: "target.proxy: invalid value; expected none, or the URL of a proxy such as http://"},
	{what: "a proxy and addresses", old: "  headers:", new: "  proxy: http://h:3128\n  resolve: {example.org: h}\n  headers:", at: "f.yaml:4:10", says: "target.proxy with resolve; expected one of them"},
	{what: "an address of a mistyped host", old: "  headers:", new: "  resolve: {exampel.org: 10.0.0.7}\n  headers:", at: "f.yaml:4:26", says: `target.resolve.exampel.org: no URL of the target has this host; expected example.org; did you mean "example.org"?`},
	{what: "an address of a host with another port", old: "  headers:", new: "  resolve: {'example.org:80': 10.0.0.7}\n  headers:", at: "f.yaml:4:31", says: `target.resolve.example.org:80: no URL of the target has this host; expected example.org; did you mean "example.org"?`},
	{what: "a path without unix:", old: "  headers:", new: "  resolve: {example.org: /run/s}\n  headers:", at: "f.yaml:4:12", says: `target.resolve.example.org: found "/run/s"; expected host, host:port or unix:/PATH`},
	{what: "a network interface", old: "  headers:", new: "  from: eth0\n  headers:", at: "f.yaml:4:9", says: `target.from: found "eth0"; expected an IP address of this machine`},
	{what: "a short interval", old: "  headers:", new: "  keepalive: 10ms\n  headers:", at: "f.yaml:4:14", says: "expected a duration from 1s to 24h, or 0s for none"},
	{what: "a certificate without its key", old: "  headers:", new: "  tls: {cert: a.pem}\n  headers:", at: "f.yaml:4:15", says: "target.tls.cert without key; expected both"},
	{what: "the axis of TLS", old: "pattern:", new: "tls: true\npattern:", at: "f.yaml:5:6", says: "tls with api: custom; expected wss, https or grpcs in the URLs, and certificates under target.tls"},
	{what: "two sources of metrics", old: "  headers:", new: "  stats: {pid: 3, rtbench: 127.0.0.1:9000}\n  headers:", at: "f.yaml:4:28", says: "target.stats.rtbench with another source; expected one of them"},
	{what: "a ping over SSE", old: "websocket: wss://example.org/ws", new: "sse: https://example.org/ws\n  ping: 20s", at: "f.yaml:4:9", says: "target.ping over sse: a client sends nothing on an event stream; expected keepalive (TCP probes), or sse-h2"},
	{what: "a ping over TCP", new: head + "target: {tcp: 'tcp://h:1', ping: 20s}\n", at: "f.yaml:4:34", says: "target.ping over tcp, which has no pings; expected keepalive"},
	{what: "a ping of gRPC's library", new: head + "stack: stock\ntarget: {grpc: 'grpc://h:1/a.B/C', ping: 5s}\n", at: "f.yaml:5:42", says: "target.ping: grpc-go (stack stock) pings every 10s at most; expected 10s or longer, or stack lean"},
	{what: "a ping of gobwas/ws", old: "  headers:", new: "  ping: 20s\n  headers:", at: "f.yaml:4:9", says: "target.ping with stack stock of websocket: gobwas/ws does not report pongs; expected stack lean, gorilla or coder", options: scenarios.Options{Set: []string{"stack=stock"}}},
	{what: "a ping without streams of WebSocket", old: "  headers:", new: "  ping: {every: 20s, idle: true}\n  headers:", at: "f.yaml:4:28", says: "target.ping.idle: only HTTP/2 has connections without streams"},
	{what: "no source of metrics", old: "  headers:", new: "  stats: {}\n  headers:", at: "f.yaml:4:10", says: "target.stats: no source; expected pid, pid_file, cgroup, prometheus or rtbench"},
	{what: "an exporter for nothing", old: "  headers:", new: "  stats: {pid: 3, prometheus: 'http://h/metrics'}\n  headers:", at: "f.yaml:4:31", says: "target.stats.prometheus with pid or cgroup, which measure CPU and memory; expected series with it"},
	{what: "series from nowhere", old: "  headers:", new: "  stats: {pid: 3, series: {queue: depth}}\n  headers:", at: "f.yaml:4:27", says: "target.stats.series without prometheus; expected the URL that exports them"},
	{what: "children of nobody", old: "  headers:", new: "  stats: {cgroup: /sys/fs/cgroup/a, children: true}\n  headers:", at: "f.yaml:4:47", says: "target.stats.children without pid or pid_file; expected one of them"},
	{what: "the group of nobody", old: "  headers:", new: "  stats: {cgroup: pid}\n  headers:", at: "f.yaml:4:19", says: "target.stats.cgroup: pid without pid or pid_file; expected one of them"},
	{what: "the name of a container", old: "  headers:", new: "  stats: {cgroup: chat}\n  headers:", at: "f.yaml:4:19", says: `target.stats.cgroup: found "chat"; expected the directory of a control group`},
	{what: "an expression of labels", old: "  headers:", new: "  stats: {prometheus: 'http://h/m', series: {q: 'a{b=~\"c\"}'}}\n  headers:", at: "f.yaml:4:49", says: `found "b=~\"c\"}" in the labels; expected NAME="VALUE", separated by commas (no =~ or !=)`},
	{what: "a name of a series in capitals", old: "  headers:", new: "  stats: {prometheus: 'http://h/m', series: {Queue: a}}\n  headers:", at: "f.yaml:4:46", says: `target.stats.series: found the name "Queue"; expected lower-case letters, digits and _, such as queue`},
	{what: "a direction of a series", old: "  headers:", new: "  stats: {prometheus: 'http://h/m', series: {q: {metric: a, better: less}}}\n  headers:", at: "f.yaml:4:69", says: `found "less"; expected one of lower, higher; did you mean "lower"?`},
	{what: "a short interval of readings", old: "  headers:", new: "  stats: {prometheus: 'http://h/m', series: {q: a}, every: 10ms}\n  headers:", at: "f.yaml:4:60", says: "target.stats.every: found \"10ms\"; expected a duration from 100ms to 1m"},
	{what: "a threshold of an unknown series", old: "pattern:", new: "thresholds: server.queue_mean < 5\npattern:", at: "f.yaml:5:13", says: "server.queue_mean is unknown; expected target.stats with series, cgroup or pid"},
	{what: "a threshold of a misspelt series", old: "  headers: {X-Room: \"1\"}\n", new: "  stats: {prometheus: 'http://h/m', series: {queue: a}}\nthresholds: [server.qeue_mean < 5]\n", at: "f.yaml:5:13", says: `unknown metric "server.qeue_mean"; expected one of server.queue_per_s`},
	{what: "a time of the server without a unit", old: "  headers: {X-Room: \"1\"}\n", new: "  stats: {prometheus: 'http://h/m', series: {l: a_seconds}}\nthresholds: server.l_mean < 5\n", at: "f.yaml:5:13", says: "a time needs a unit; did you mean 5ms?"},
	{what: "the server as a metric", old: "pattern:", new: "thresholds: server < 5\npattern:", at: "f.yaml:5:13", says: "server and base are not metrics; expected a name after them, such as server.queue_max"},

	// Stacks.
	{what: "compression by a library", new: head + "stack: [lean, gorilla]\ntarget: {websocket: {url: wss://example.org/ws, deflate: each}}\n", at: "f.yaml:5:58", says: "target.websocket.deflate with stack gorilla; expected stack lean"},
	{what: "a stack of another protocol", old: "pattern:", new: "stack: net-http\npattern:", at: "f.yaml:5:8", says: "stack: net-http over websocket; expected one of stock, lean, gorilla, coder"},

	// Messages.
	{what: "an action misspelt", old: "{{.RequestNumber}}", new: "{{.RequestNumbr}}", at: "f.yaml:6:18", says: "did you mean {{.RequestNumber}}?"},
	{what: "an action not closed", old: "{{.RequestNumber}}}'", new: "{{.RequestNumber'", at: "f.yaml:6:18", says: "expected }}"},
	{what: "an action misspelt in a block", old: "'{\"id\":{{.RequestNumber}}}'", new: "|\n  {\"a\": 1,\n   \"id\": {{.Nothing}}}", at: "f.yaml:8:1", says: "{{.Nothing}}"},
	{what: "JSON without quotes", old: "'{\"id\":{{.RequestNumber}}}'", new: "{id: \"{{.RequestNumber}}\"}", at: "f.yaml:6:11", says: "did you mean {json: {id: …}}?"},
	{what: "text and a file", old: "'{\"id\":{{.RequestNumber}}}'", new: "{text: \"{{.UUID}}\", file: a.json}", at: "f.yaml:6:11", says: "found 2 of text, json and file; expected one of them"},
	{what: "raw text", old: "'{\"id\":{{.RequestNumber}}}'", new: "{text: \"{{.UUID}}\", raw: true}", at: "f.yaml:6:11", says: "raw without a file"},
	{what: "a size for nothing", old: "'{\"id\":{{.RequestNumber}}}'", new: "{text: \"{{.UUID}}\", size: 4KiB}", at: "f.yaml:6:11", says: "messages: size without {{.Body}}; expected {{.Body}} in the text, for 4KiB bytes"},
	{what: "a size misspelt", old: "'{\"id\":{{.RequestNumber}}}'", new: "{text: \"{{.UUID}}{{.Body}}\", size: \"unifrm(1, 2)\"}", at: "f.yaml:6:47", says: "uniform"},
	{what: "payload.size for nothing", old: "pattern:", new: "payload: {size: 64}\npattern:", at: "f.yaml:5:17", says: "payload.size with messages without {{.Body}}; expected {{.Body}} in one of them"},
	{what: "payload.size below the header", old: "{{.RequestNumber}}", new: "{{.RequestNumber}}{{.Body}}", at: "--set payload.size=40", says: "or `size` of a message", options: scenarios.Options{Set: []string{"payload.size=40"}}},
	{what: "an encoding with messages", old: "pattern:", new: "payload: {encoding: binary}\npattern:", at: "f.yaml:5:21", says: "payload.encoding with messages; expected one of them"},
	{what: "rows that nothing takes", old: "match:", new: "rows: a.csv\nmatch:", at: "f.yaml:7:7", says: "rows without {{.Row.NAME}}; expected it in a message or step"},
	{what: "a row without rows", old: "{{.RequestNumber}}", new: "{{.Row.id}}{{.RequestNumber}}", at: "f.yaml:6:11", says: "expected `rows: FILE`"},
	{what: "messages without the number", old: "{{.RequestNumber}}", new: "7", at: "f.yaml:7:8", says: "has no {{.RequestNumber}} or {{.UUID}}"},
	{what: "messages without the header", old: "{field: id}", new: "header", at: "f.yaml:7:8", says: "has no {{.Header}}"},
	{what: "a field that is none", old: "{field: id}", new: "field", at: "f.yaml:7:8", says: "such as {field: id}"},
	{what: "an index as a key", old: "{field: id}", new: "{field: 1.id}", at: "f.yaml:7:16", says: "did you mean [1].id?"},
	{what: "an index as a key in a condition", old: "{field: id}", new: "{field: id}\nexpect: {field: data.0.ok}", at: "f.yaml:8:21", says: "did you mean data[0].ok?"},
	{what: "a path that is none", old: "{field: id}", new: "{field: \"a[\"}", at: "f.yaml:7:18", says: "match.field: "},
	{what: "an order misspelt", old: "{field: id}", new: "oder", at: "f.yaml:7:8", says: `did you mean "order"?`},
	{what: "a regular expression that is none", old: "load:", new: "expect: {matches: \"(a\"}\nload:", at: "f.yaml:8:19", says: "missing closing )"},
	{what: "a condition of nothing", old: "load:", new: "expect: {}\nload:", at: "f.yaml:8:9", says: "expect: empty condition; expected field, is, contains or matches, such as {field: type, is: welcome}"},
	{what: "messages without a target", new: "name: a\npattern: echo\nload: {rate: 1/s}\nmessages: hello\n", at: "f.yaml:4:11", says: "messages without a target"},
	{what: "messages of another API", new: "name: a\npattern: echo\nload: {rate: 1/s}\napi: reference\nmessages: hello\n", at: "f.yaml:5:11", says: "expected `api: custom` with it"},

	// Steps.
	{what: "a step misspelt", old: "load: {", new: "steps: [{subscrib: a}]\nload: {", at: "f.yaml:8:10", says: `did you mean "subscribe"?`},
	{what: "a step that is text", old: "load: {", new: "steps: [hello]\nload: {", at: "f.yaml:8:9", says: "expected a step, one of authenticate"},
	{what: "two steps in one", old: "load: {", new: "steps: [{send: a, think: 1s}]\nload: {", at: "f.yaml:8:9", says: "found 2 keys; expected one"},
	{what: "a login as text", old: "load: {", new: "steps: [{authenticate: hunter2}]\nload: {", at: "f.yaml:8:24", says: "steps.authenticate: found text without a variable; expected the secret as ${NAME}, or {{.Row.NAME}} of rows,"},
	{what: "load twice", old: "load: {", new: "steps: [load, load]\nload: {", at: "f.yaml:8:15", says: "steps: found load twice; expected it once, in place of the measured messages"},
	{what: "close before load", old: "load: {", new: "steps: [{close: 1000}]\nload: {", at: "f.yaml:8:9", says: "close before load"},
	{what: "more after close", old: "load: {", new: "steps: [load, close, {send: a}]\nload: {", at: "f.yaml:8:22", says: "send after close"},
	{what: "a code that is reserved", old: "load: {", new: "steps: [load, {close: 1006}]\nload: {", at: "f.yaml:8:23", says: "1000, 1001, or 3000 to 4999"},

	// Patterns.
	{what: "push with a rate", new: "name: a\ntarget: {websocket: wss://h}\npattern: push\nload: {rate: 1/s}\n", at: "f.yaml:4:14", says: "load.rate with pattern push and api: custom; expected none, because the server sets the pace; did you mean"},
	{what: "push with messages", new: "name: a\ntarget: {websocket: wss://h}\npattern: push\nmessages: a\n", at: "f.yaml:4:11", says: "a step {subscribe: …}"},
	{what: "push in a closed loop", new: "name: a\ntarget: {websocket: wss://h}\npattern: push\nload: {model: closed}\n", at: "f.yaml:4:15", says: "load.model with pattern push"},
	{what: "push with replies", new: "name: a\ntarget: {websocket: wss://h}\npattern: push\nmatch: order\n", at: "f.yaml:4:8", says: "match: order with pattern push; expected none"},
	{what: "a stamp in an echo", old: "load: {", new: "stamp: {field: ts, unit: ms}\nload: {", at: "f.yaml:8:8", says: "stamp without pattern push; expected `pattern: push`"},
	{what: "a stamp without a unit", new: "name: a\ntarget: {websocket: wss://h}\npattern: push\nstamp: {field: ts}\n", at: "f.yaml:4:8", says: "stamp.unit is missing; expected both field and unit, such as {field: ts, unit: ms}"},
	{what: "two patterns", old: "pattern: echo", new: "pattern: [echo, push]", at: "f.yaml:5:10", says: "pattern: found echo, push with api: custom; expected one: write two scenarios"},
	{what: "upload over websocket", old: "pattern: echo", new: "pattern: upload", at: "f.yaml:5:10", says: "pattern: upload over websocket; expected grpc, or echo with `match: none`"},
	{what: "fanout without a header", old: "pattern: echo", new: "pattern: fanout", at: "f.yaml:7:8", says: "match: field with pattern fanout; expected header"},
	{what: "an echo over SSE with no way up", new: head + "target: {sse: https://h/events}\nmessages: a\n", at: "f.yaml:4:15", says: "target.sse: missing post; expected the URL for messages of pattern echo, such as `post: https://host/messages`"},
	{what: "gRPC without messages", new: head + "target: {grpc: grpc://h/a.B/C}\n", at: "f.yaml:1:1", says: "messages is missing; expected JSON for gRPC, such as '{\"text\":\"hello\"}'"},
	{what: "binary in text frames", new: head + "target: {websocket: wss://h}\npayload: {encoding: binary}\n", at: "f.yaml:5:21", says: "expected text, or `frames: binary` of websocket"},
	{what: "a closed loop without replies", new: "name: a\ntarget: {websocket: wss://h}\npattern: echo\nmessages: a\nmatch: none\nload: {model: closed}\n", at: "f.yaml:5:8", says: "match: none in a closed loop; expected order, header or {field: PATH}"},
	{what: "a body of GET", new: "name: a\ntarget: {sse: {url: https://h, body: a}}\npattern: push\n", at: "f.yaml:2:38", says: "expected `method: POST`"},
	{what: "imports without files", new: head + "target: {grpc: {url: grpc://h/a.B/C, import: p}}\nmessages: a\n", at: "f.yaml:4:46", says: "without proto"},
	{what: "a flag with a secret", old: "", at: "--set target.query.token=…", says: "target.query.token: found a literal secret; expected ${NAME}, an environment variable, to keep it out of", options: scenarios.Options{Set: []string{"target.query.token=hunter2"}}},
}

func TestCustomTargetErrors(t *testing.T) {
	if len(customErrors) < 40 {
		t.Errorf("only %d mistakes", len(customErrors))
	}
	if _, err := scenarios.Parse("f.yaml", []byte(goodCustom)); err != nil {
		t.Fatal(err)
	}
	for _, m := range customErrors {
		t.Run(m.what, func(t *testing.T) {
			checkMistake(t, goodCustom, m)
		})
	}
}
