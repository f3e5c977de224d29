package scenarios

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"time"

	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// Target describes the server under test: its address, credentials and messages. File names are as
// written, relative to the scenario file (see Scenario.Resolve). The zero value describes no
// server. The documentation of the fields is that of their keys.
type Target struct {
	Endpoints               map[string]*Endpoint // by protocol
	TLS                     TLS
	Route                   Route
	Ping                    Ping
	Headers, Cookies, Query []Pair
	Bearer                  Secret
	Stats                   Stats

	Messages         []Message
	Rows             Rows
	Match            Match
	Stamp            Stamp
	Records          string // auto or whole
	RecordEnd        string // empty: none
	Ignore           []Condition
	Expect           *Condition
	End              *Condition // of the message that ends an answer; nil: the stream's end does
	TokenCount       string     // path of the number of tokens in an answer; empty: a message is a token
	Values           []Value
	Handshake        []Step // the first of Opening
	Opening, Closing []Step // before and after the measured messages
	Answers          []Answer
	Heartbeat        Heartbeat
	Stall            time.Duration
}

// TLS configures verification of the server and the client certificate.
type TLS struct {
	CA, Cert, Key string // PEM files
	ServerName    string
	Insecure      bool
	Least, Most   uint16 // versions, as in crypto/tls; 0: TLS 1.2, and the newest
	Resume        bool   // sessions of earlier connections
}

// A Pair is a name with a value.
type Pair struct{ Name, Value string }

// A Secret is the source of a secret: at most one of its fields is set.
type Secret struct {
	Env, File string
	Command   []string // with its arguments
}

// Rows is the source of {{.Row.NAME}}.
type Rows struct {
	File string
	Per  string // stream or message
}

// Text keys of custom targets and their regular expressions.
var (
	fileName = func() spec.Kind[string] {
		k := spec.Pattern("a file name, relative to the scenario", `^[^\x00-\x1f]{1,1000}$`)
		k.File = true
		return k
	}()
	hostText    = spec.Pattern("a host name such as example.org", `^[A-Za-z0-9._:-]{1,253}$`)
	envText     = hidden(spec.Pattern("the name of an environment variable, without ${ }", `^[A-Za-z_][A-Za-z0-9_]{0,100}$`))
	controlText = withPort(spec.Pattern("an address such as 127.0.0.1:9000", `^(http://)?([^\s\x00-\x1f\x7f/:@\[\]]+|\[[0-9a-fA-F:.]+\]):\d{1,5}/?$`))
	scrapeText  = withPort(hidden(spec.Pattern("a URL such as http://127.0.0.1:9100/metrics, without user information, with a port from 1 to 65535 if any", `^https?://[^\s@#]+$`)))
)

func hidden(k spec.Kind[string]) spec.Kind[string] {
	k.Hidden = true
	return k
}

// anyScalar accepts text, numbers and booleans as text.
var anyScalar = spec.Kind[string]{
	Expected: "text, a number, true or false", Allowed: []spec.Limits{{Type: "string"}, {Type: "number"}, {Type: "boolean"}},
	Parse: func(s string) (string, bool) { return s, true },
}

// keys returns the top-level keys of a custom target.
func (t *Target) keys(s *Scenario) []spec.Key {
	keys := slices.Concat(t.messageKeys(s), t.answerKeys(s), t.connectionKeys())
	api := func() string {
		if s.API == cell.Custom {
			return ""
		}
		return fmt.Sprintf(" with api: %s; expected `api: custom` with it, and the server's URL under target", s.API)
	}
	for i, k := range keys {
		keys[i].Conflicts = append([]spec.Conflict{api}, k.Conflicts...)
	}
	return keys
}

func (t *Target) messageKeys(s *Scenario) []spec.Key {
	return []spec.Key{
		{
			Name: "messages", Also: "message msg msgs data requests template templates", Value: spec.Each(&t.Messages, "a message, or no key for rtbench's own", (*Message).value), Secret: true,
			Example: `# [{text: '{"id":{{.RequestNumber}},"pad":"{{.Body}}"}', size: 'uniform(100, 2KiB)'}, {json: {id: '{{.RequestNumber}}'}}, {file: message.json, raw: true}]`,
			Flag:    spec.Flag{Name: "message", Usage: "send `TEMPLATE`, such as '{\"id\":{{.RequestNumber}}}', or @FILE; repeat it to send several in turn", Repeat: true, Node: messageNode},
			Doc:     "Messages sent in turn, or by weight. Default: rtbench's own message of payload.size, which the server must echo unchanged.",
		},
		{
			Name: "rows", Also: "csv feeder feed_data dataset", Value: t.Rows.value(), Example: "# {file: users.csv, per: message}",
			Conflicts: []spec.Conflict{spec.When(func() bool { return t.Rows.File != "" && !t.usesRows() && !anyFile(t) }, " without {{.Row.NAME}}; expected it in a message or step")},
			Flag:      spec.Flag{Name: "rows", Usage: "CSV or JSON Lines `FILE` for {{.Row.NAME}}"},
			Doc:       "CSV (with a heading) or JSON Lines file that templates read as {{.Row.NAME}}. Each stream has one row, starting with the first and wrapping around; all its steps and messages use it, also after a reconnect. With pattern generate, each request takes the next row.",
		},
		{
			Name: "match", Also: "matching correlate correlation correlation_id matcher", Value: t.Match.value(), Example: "# {field: id}",
			Flag: spec.Flag{Name: "match", Usage: "match replies `BY` header, order, none, field:PATH or header:PATH", Node: matchNode, Words: []string{"header", "order", "none", "field:", "header:"}},
			Doc:  "How replies are correlated with messages.",
		},
		{
			Name: "stamp", Also: "timestamp server_time", Value: t.Stamp.value(), Example: "# {field: ts, unit: ms, bound: 1ms}",
			Conflicts: []spec.Conflict{spec.When(func() bool { return s.Pattern != "push" }, " without pattern push; expected `pattern: push`")},
			Flag:      spec.Flag{Name: "stamp", Usage: "read the server's timestamp from `PATH:UNIT[:BOUND]`, such as ts:ms (ns, us, ms, s, rfc3339)", Node: stampNode},
			Doc:       "The field of a server message with its sending time.",
		},
		{
			Name: "records", Also: "frame framing delimiter", Value: t.records(), Example: "# auto",
			Doc: "auto (default): split frames that carry several records, so that each counts as a message. whole: do not split. Records are JSON documents on separate lines or followed by 0x1E (SignalR), strings in a SockJS frame, and elements of a JSON array (JSON-RPC batch) if a path in match, stamp or expect begins with a key. {end: TEXT}: each record ends with this text, which is removed from received messages and added to sent ones; white space alone, such as a heartbeat, is neither split nor ended.",
		},
		{
			Name: "ignore", Example: "# [{field: type, is: ping}, {contains: joined}]",
			Value: spec.Each(&t.Ignore, "a condition such as {field: type, is: ping}", func(c *Condition) spec.Value { return c.value(nil) }),
			Doc:   "A condition or list of conditions: messages that satisfy one, such as heartbeats, are not replies. They are counted, but not measured.",
		},
		{
			Name: "expect", Also: "assert assertion validate verify", Value: t.expect(), Example: "# {field: ok, is: true}",
			Flag: spec.Flag{Name: "expect", Usage: "require `TEXT` in each reply"},
			Doc:  "Condition that each reply must satisfy. Unmatched messages are not checked.",
		},
	}
}

func (t *Target) connectionKeys() []spec.Key {
	return append([]spec.Key{
		{
			Name: "values", Also: "vars variables constants params parameters with", Value: t.values(), Literal: refusePairs(Secretive), Secret: true, Example: "# {topic: 'room:{{.Stream}}'}",
			Doc: "Texts by name, which steps, messages, answers and heartbeats use as {{.NAME}}. They are templates too, which may use other values.",
		},
		{
			Name: "handshake", Value: t.handshake(), Secret: true, Example: "# [{wait: hello}, {send: hello}]",
			Doc: "Steps before `steps`: those of the protocol on the connection, from a preset that the scenario includes.",
		},
		{
			Name: "steps", Also: "step script flow setup", Value: t.steps(), Secret: true,
			Example: `# [{authenticate: '{"token":"${TOKEN}"}'}, {expect: {field: type, is: welcome, within: 5s}}, {subscribe: '{"op":"sub","stream":{{.Stream}}}'}, {wait: ready}, {think: 100ms}, load, {send: bye}, {close: 1000}]`,
			Flag:    spec.Flag{Name: "subscribe", Usage: "send `TEMPLATE` first on each connection; repeatable", Repeat: true, Node: subscribeNode},
			Doc:     "Steps of each connection before and after the measured messages (`load`). Without `load`, all steps come before.",
		},
		{
			Name: "stall", Also: "stall_timeout idle_timeout", Value: spec.One(&t.Stall, spec.Duration(10*time.Millisecond)), Default: "1s", Example: "# 1s",
			Doc: "Time without a message, while one is due, after which a stream counts as stalled. Default 1s.",
		},
	}, t.backgroundKeys()...)
}

// none returns a function that reports whether no endpoint satisfies yes. An endpoint with an
// invalid URL, which is reported elsewhere, satisfies all.
func (t *Target) none(yes func(protocol string, a address) bool) func() bool {
	return func() bool {
		for name, e := range t.Endpoints {
			if a, ok := cutURL(e.URL); !ok || yes(name, a) {
				return false
			}
		}
		return len(t.Endpoints) > 0
	}
}

// only returns a function that reports whether all endpoints are of one protocol.
func (t *Target) only(protocol string) func() bool {
	return t.none(func(name string, _ address) bool { return name != protocol })
}

// authorizes reports whether the headers have credentials.
func (t *Target) authorizes() bool {
	return slices.ContainsFunc(t.Headers, func(p Pair) bool { return strings.EqualFold(p.Name, "Authorization") })
}

// targetKeys returns the keys of target: protocols, then common options.
func (t *Target) targetKeys() []spec.Key {
	overTCP := spec.When(t.only("tcp"), " over tcp; expected a step such as {authenticate: \"${NAME}\"}")
	overMQTT := spec.When(t.only("mqtt"), " over mqtt; expected user and password of mqtt, or bearer")
	var keys []spec.Key
	for _, w := range customProtocols {
		k := spec.Key{Name: w.Name, Also: w.Synonyms, Value: t.endpoint(w), Literal: refuseURL, Doc: "Endpoint for one protocol: a URL, or keys."}
		if w.Like != "" {
			k.Example = w.Example // its keys are those of the other
		}
		keys = append(keys, k)
	}
	keys = append(keys,
		spec.Key{
			Name: "tls", Also: "ssl secure https", Value: spec.Section(t.TLS.keys()...), Doc: "TLS options for wss, https, grpcs and mqtts.",
			Conflicts: []spec.Conflict{spec.When(t.none(func(_ string, a address) bool { return a.secure() }), ": no URL has TLS; expected wss, https, grpcs or mqtts with it")},
		},
		spec.Key{
			Name: "headers", Also: "header metadata", Value: pairs(&t.Headers, headerPair), Literal: refusePairs(Secretive), Conflicts: []spec.Conflict{overTCP, overMQTT}, Example: `{X-Room: "1", Authorization: "Basic ${BASIC}"}`,
			Doc:  "Sent with each request; over gRPC, as metadata. Host (or :authority) overrides the host of the URL in requests, not in the connection or tls.server_name. A name may have a list of values ({topic: [a, b]}); a list of pairs ([{topic: a}, {room: 1}, {topic: b}]) keeps its order.",
			Flag: spec.Flag{Name: "header", Short: "H", Usage: "send header `'Name: value'` (gRPC: metadata), also Host or :authority; repeatable; a secret as ${NAME}", Repeat: true, Pair: ":"},
		},
		spec.Key{
			Name: "cookies", Also: "cookie", Value: pairs(&t.Cookies, cookiePair), Literal: refusePairs(func(string) bool { return true }), Conflicts: []spec.Conflict{overTCP, overMQTT}, Example: `{session: "${SESSION}"}`, Doc: "Cookies of each request, in the forms of headers.",
			Flag: spec.Flag{Name: "cookie", Usage: "send cookie `NAME='${VALUE}'`; repeatable", Repeat: true, Pair: "="},
		},
		spec.Key{
			Name: "query", Also: "params query_params querystring parameters", Value: pairs(&t.Query, queryPair), Literal: refusePairs(Secretive), Example: `{token: "${TOKEN}"}`, Doc: "Appended to the query of the URL, in the forms of headers. Not over gRPC or MQTT.",
			Conflicts: []spec.Conflict{spec.When(t.none(func(name string, _ address) bool { return name != "tcp" && name != "grpc" && name != "mqtt" }), " over grpc, mqtt or tcp; expected websocket, sse or sse-h2")},
			Flag:      spec.Flag{Name: "query", Usage: "add `NAME=VALUE` to the URL's query; repeatable; a secret as ${NAME}", Repeat: true, Pair: "="},
		},
		spec.Key{Name: "bearer", Also: "authorization auth token jwt", Value: t.Bearer.value("", ""), Conflicts: []spec.Conflict{overTCP, spec.When(t.authorizes, " with header Authorization; expected one of them")}, Doc: "Token sent as `Authorization: Bearer TOKEN`, over MQTT as the password, read again for each connection."},
		spec.Key{Name: "stats", Also: "metrics monitor", Value: t.Stats.value(), Doc: "Sources of the server's own metrics."},
	)
	return append(append(keys, t.Route.keys()...), t.pingKey())
}

func (t *TLS) keys() []spec.Key {
	return []spec.Key{
		{Name: "ca", Also: "cacert ca_cert roots root_ca cafile", Value: spec.One(&t.CA, fileName), Example: "ca.pem", Flag: spec.Flag{Name: "cacert", Usage: "PEM `FILE` of trusted root certificates"}, Doc: "PEM file of trusted roots. Default: the system's."},
		{Name: "cert", Also: "client_cert certificate certfile", Value: spec.One(&t.Cert, fileName), Example: "me.pem", Flag: spec.Flag{Name: "cert", Usage: "PEM `FILE` of the client certificate; needs --key"}, Conflicts: []spec.Conflict{spec.When(func() bool { return t.Key == "" }, " without key; expected both")}, Doc: "PEM file of the client certificate; needs key."},
		{Name: "key", Also: "client_key keyfile private_key", Value: spec.One(&t.Key, fileName), Example: "me.key", Flag: spec.Flag{Name: "key", Usage: "PEM `FILE` of the client key"}, Conflicts: []spec.Conflict{spec.When(func() bool { return t.Cert == "" }, " without cert; expected both")}, Doc: "PEM file of the key of the client certificate."},
		{Name: "server_name", Also: "servername sni server-name", Value: spec.One(&t.ServerName, hostText), Example: "host", Flag: spec.Flag{Name: "server-name", Usage: "expect `HOST` in the server's certificate"}, Doc: "Name to verify the server certificate against, instead of the host of the URL."},
		{Name: "insecure", Also: "skip_verify insecure_skip_verify skipverify verify", Value: spec.One(&t.Insecure, spec.Bool), Default: "false", Flag: spec.Flag{Name: "insecure", Usage: "do not verify certificates; recorded in the result", Switch: "true"}, Conflicts: []spec.Conflict{spec.When(func() bool { return t.Insecure && t.CA != "" }, " with ca; expected one of them")}, Doc: "Skip verification; results say so. Default false."},
		{Name: "min", Also: "min_version minversion version", Value: spec.One(&t.Least, tlsVersion), Default: "1.2", Doc: "Lowest TLS version to accept: 1.0, 1.1, 1.2 (default) or 1.3."},
		{Name: "max", Also: "max_version maxversion", Value: spec.One(&t.Most, tlsVersion), Example: "1.3", Conflicts: []spec.Conflict{spec.When(func() bool { return t.Most > 0 && t.Most < cmp.Or(t.Least, tls.VersionTLS12) }, " is below min, which is 1.2 by default; expected a version from min on")}, Doc: "Highest TLS version to offer. Default: the newest."},
		{Name: "resume", Also: "resumption session_resumption session_cache tickets", Value: spec.One(&t.Resume, spec.Bool), Default: "false", Doc: "Resume TLS sessions of earlier connections, as browsers do when they return: handshakes are shorter, and results count them. Default false: each connection does a full handshake."},
	}
}

// tlsVersion accepts a version of TLS.
var tlsVersion = spec.Kind[uint16]{
	Expected: "a version of TLS: 1.0, 1.1, 1.2 or 1.3", Allowed: []spec.Limits{{Type: "number"}, {Type: "string", Pattern: `^1\.[0-3]$`}},
	Parse: func(s string) (uint16, bool) {
		minor, ok := strings.CutPrefix(s, "1.")
		i := strings.Index("0123", minor)
		return uint16(tls.VersionTLS10 + i), ok && len(minor) == 1 && i >= 0
	},
}

func (rows *Rows) value() spec.Value {
	file := spec.One(&rows.File, fileName)
	return spec.Either("file", file, spec.Section(
		spec.Key{Name: "file", Value: file, Required: "its name, such as {file: users.csv, per: message}", Doc: "File name."},
		spec.Key{Name: "per", Value: spec.One(&rows.Per, spec.OneOf("stream", "message")), Doc: "stream (default, except with pattern generate): one row per stream. message: each message takes the next row; steps use that of their stream."},
	))
}

// expect reads the condition on replies.
func (t *Target) expect() spec.Value {
	c := new(Condition)
	return spec.Then(c.value(nil), func() { t.Expect = c })
}
