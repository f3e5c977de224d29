package scenarios

import (
	"fmt"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
	"rtbench/scenarios/spec"
)

// Endpoint configures connections to the target over one protocol.
type Endpoint struct {
	URL, Post       string
	Limit           int // bytes per message
	Subprotocols    []string
	Frames, Deflate string // websocket: text or binary; tcp: lines or length
	Fragment        int    // bytes per frame; 0: one frame per message
	Method, Body    string
	Cursor          Cursor
	List            string // path of the messages in a response; empty: it is the message
	MQTT            MQTT
	Proto, Import   []string
	Compression     string
	Deadline        time.Duration // 0: none
	Batch           int           // messages per client-streaming call
	ALPN            string        // required or optional
	public          string        // the URL without secrets, for results
}

// keys returns the keys of a protocol.
func (e *Endpoint) keys(w proto.Protocol) []spec.Key {
	url := oneURL(&e.URL, w)
	keys := []spec.Key{{
		Name: "url", Also: "uri address host endpoint target at", Literal: refuseURL, Example: w.Example, Required: "one such as {url: " + w.Example + "}",
		Value: spec.Value{Shape: url.Shape, Read: func(r *spec.Reader, path string, n *yaml.Node) {
			url.Read(r, path, n)
			e.public = publicURL(e.URL, r.Text(n))
		}},
		Doc: "URL of scheme " + strings.Join(proto.SchemeNames(w), " or ") + w.URLNote + ".",
	}}
	switch proto.OptionsOf(w.Name) {
	case "websocket":
		keys = append(keys, e.websocketKeys()...)
	case "sse":
		keys = append(keys, e.sseKeys(w)...)
	case "long-poll":
		keys = append(keys, e.pollKeys(w)...)
	case "mqtt":
		keys = append(keys, e.MQTT.keys()...)
	case "grpc":
		keys = append(keys, e.grpcKeys()...)
	case "tcp":
		keys = append(keys, spec.Key{
			Name: "frames", Also: framesAlso, Value: spec.One(&e.Frames, spec.OneOf("lines line newline text ndjson", "length length-prefixed prefix prefixed binary")), Default: "lines",
			Doc: "Delimiter of messages: lines (default) or length (4-byte prefix).",
		})
	}
	return append(keys, spec.Key{
		Name: "limit", Also: "max_message max_size maxsize read_limit", Value: spec.One(&e.Limit, spec.Bytes(1, 64<<20, "64MiB")), Default: "1MiB", Example: "4MiB",
		Flag: spec.Flag{Name: "limit", Usage: "maximum `SIZE` of a received message"},
		Doc:  "Maximum message size in bytes. Default 1 MiB.",
	})
}

const defaultMethod = "GET"

var methodText = spec.Pattern("an HTTP method in capitals, such as POST", `^[A-Z]{1,20}$`)

const framesAlso = "frame framing opcode type"

func (e *Endpoint) websocketKeys() []spec.Key {
	return []spec.Key{
		{
			Name: "subprotocols", Also: "subprotocol sub_protocols sec-websocket-protocol", Value: spec.List(&e.Subprotocols, subprotocolText), Literal: refuseSubprotocols, Example: "[chat.v1]",
			Flag: spec.Flag{Name: "subprotocol", Usage: "offer WebSocket `SUBPROTOCOL`; repeatable", Repeat: true},
			Doc:  "WebSocket subprotocols to offer, in order of preference. Use a variable for one that contains a token.",
		},
		{
			Name: "frames", Also: framesAlso, Value: spec.One(&e.Frames, spec.OneOf("text utf8 utf-8 string base64", "binary bytes raw bin")), Default: "text",
			Doc:  "Frame type: text (default) or binary.",
			Flag: spec.Flag{Name: "binary", Usage: "WebSocket: send binary frames", Switch: "binary"},
		},
		{
			Name: "deflate", Also: "permessage-deflate permessage_deflate compress", Default: "off",
			Value: spec.One(&e.Deflate, spec.OneOf("off", "takeover on context_takeover true yes", "each no_context_takeover message")),
			Flag:  spec.Flag{Name: "deflate", Usage: "WebSocket compression (permessage-deflate) `MODE`: off, takeover or each"},
			Doc:   "WebSocket permessage-deflate (RFC 7692): off (default), takeover (keep the window between messages) or each (reset it).",
		},
		{
			Name: "fragment", Value: spec.One(&e.Fragment, spec.Bytes(1, 64<<20, "64MiB")), Example: "4KiB",
			Doc: "Maximum frame size of a sent WebSocket message in bytes. 0: one frame per message.",
		},
	}
}

func (e *Endpoint) sseKeys(w proto.Protocol) []spec.Key {
	return []spec.Key{
		{
			Name: "method", Value: spec.One(&e.Method, methodText), Default: defaultMethod, Example: "POST",
			Flag: spec.Flag{Name: "method", Usage: "HTTP `METHOD` of the SSE request", Words: []string{"GET", "POST"}},
			Doc:  "HTTP method of the event stream request. Default GET.",
		},
		{
			Name: "body", Value: templateText(&e.Body), Example: `'{"topic":"a"}'`,
			Conflicts: []spec.Conflict{
				spec.When(func() bool { return e.Body != "" && e.Method == defaultMethod }, " with method GET; expected `method: POST`"),
				spec.When(func() bool { return uses(e.Body, "RequestNumber", "Seq", "Header") }, ": found a message counter; expected none, because the body is sent once per stream"),
			},
			Flag: spec.Flag{Name: "body", Usage: "`BODY` of the SSE request, with --method POST"},
			Doc:  "Body of the event stream request: a template without message counters.",
		},
		e.postKey(w),
	}
}

// postKey returns the key of protocols whose streams only receive.
func (e *Endpoint) postKey(w proto.Protocol) spec.Key {
	return spec.Key{
		Name: "post", Also: "post_url send send_url up upstream", Value: oneURL(&e.Post, w), Literal: refuseURL, Example: "https://host/messages",
		Flag: spec.Flag{Name: "post", Usage: "`URL` to POST messages to, for a server that replies by SSE (pattern echo)"},
		Doc:  "URL that a client posts its messages to. Default: it only listens.",
	}
}

func (e *Endpoint) grpcKeys() []spec.Key {
	return []spec.Key{
		{
			Name: "proto", Also: "protos proto_files protofile protofiles", Value: spec.List(&e.Proto, fileName), Example: "chat.proto",
			Flag: spec.Flag{Name: "proto", Usage: ".proto `FILE` or descriptor set (.binpb) that defines the gRPC method; repeatable (default: server reflection)", Repeat: true},
			Doc:  ".proto files, or descriptor sets with all imports (.binpb, as `buf build -o` and `protoc --include_imports -o` write), that define the gRPC method. Edition 2024 needs a set. Default: server reflection.",
		},
		{
			Name: "import", Also: "imports import_paths includes import_path proto_path", Value: spec.List(&e.Import, fileName), Example: "protos",
			Conflicts: []spec.Conflict{spec.When(func() bool { return len(e.Proto) == 0 }, " without proto; expected both")},
			Flag:      spec.Flag{Name: "import", Usage: "search `DIRECTORY` for imported .proto files; repeatable", Repeat: true},
			Doc:       "Directories to import .proto files from.",
		},
		{
			Name: "compression", Also: "compress encoding gzip", Value: spec.One(&e.Compression, spec.OneOf("none", "gzip")), Default: "none", Example: "gzip",
			Doc: "gRPC compression: none (default) or gzip.",
		},
		{Name: "deadline", Value: spec.One(&e.Deadline, spec.Duration(time.Millisecond)), Example: "5s", Doc: "Deadline of each gRPC call; 0: none."},
		{Name: "batch", Value: spec.One(&e.Batch, spec.Integer(1, 1_000_000)), Default: "1", Example: "10", Doc: "Messages per client-streaming call. Default 1."},
		{Name: "alpn", Value: spec.One(&e.ALPN, spec.OneOf("required", "optional")), Default: "required", Example: "optional", Doc: "required (default): the TLS handshake must agree on HTTP/2, as grpc-go demands. optional: also accept a server without ALPN, such as a balancer that forwards TLS to a cleartext server."},
	}
}

// subprotocolText accepts a WebSocket subprotocol (RFC 6455, section 4.1): an HTTP token, which
// may carry a bearer token, as in Kubernetes.
var subprotocolText = func() spec.Kind[string] {
	k := spec.Pattern(fmt.Sprintf("a name without spaces or commas, such as chat.v1, in at most %d bytes", spec.MaxVariable), "^[A-Za-z0-9!#$%&'*+.^_|~`-]+$")
	matches := k.Parse
	k.Hidden = true
	k.Parse = func(s string) (string, bool) {
		_, ok := matches(s)
		return s, ok && len(s) <= spec.MaxVariable
	}
	return k
}()

// endpoint reads the URL of a protocol, or its keys.
func (t *Target) endpoint(w proto.Protocol) spec.Value {
	e := new(Endpoint)
	keys := e.keys(w)
	either := spec.Either("url", keys[0].Value, spec.Section(keys...))
	read := either.Read
	either.Read = func(r *spec.Reader, path string, n *yaml.Node) {
		spec.SetDefaults(keys)
		if t.Endpoints == nil {
			t.Endpoints = map[string]*Endpoint{}
		}
		t.Endpoints[w.Name] = e
		read(r, path, n)
	}
	return either
}

// oneURL reads a URL. Messages do not contain it, because it may hold a secret.
func oneURL(into *string, w proto.Protocol) spec.Value {
	k := spec.Text.Expecting("a URL such as " + w.Example)
	k.Allowed = []spec.Limits{{Type: "string", Pattern: "^(" + strings.Join(proto.SchemeNames(w), "|") + `)://[^\s#]+$`}}
	url := ""
	return spec.If(spec.One(&url, k), func(r *spec.Reader, path string, n *yaml.Node) {
		fault := urlFault(w, url)
		switch {
		case r.Broken(n) || n.Kind == yaml.AliasNode: // reported
		case fault == "":
			*into = url
		case r.FromVariable(n):
			r.Problem(n, path, ": the value of %s: %s", spec.Quote(notQuery(r.Text(n))), fault)
		default:
			r.Problem(n, path, ": %s", fault)
		}
	})
}

// notQuery returns a URL without the query, which may hold a secret.
func notQuery(written string) string {
	before, _, found := strings.Cut(written, "?")
	if found {
		return before + "?…"
	}
	return before
}
