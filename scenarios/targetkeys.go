package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
)

// Text keys of custom targets and their regular expressions.
var (
	fileName    = textPattern("a file name, relative to the scenario", `^[^\x00-\x1f]{1,1000}$`)
	tokenText   = subprotocolText()
	methodText  = textPattern("an HTTP method in capitals, such as POST", `^[A-Z]{1,20}$`)
	hostText    = textPattern("a host name such as example.org", `^[A-Za-z0-9._:-]{1,253}$`)
	envText     = hidden(textPattern("the name of an environment variable, without ${ }", `^[A-Za-z_][A-Za-z0-9_]{0,100}$`))
	controlText = withPort(textPattern("an address such as 127.0.0.1:9000", `^(http://)?([^\s\x00-\x1f\x7f/:@\[\]]+|\[[0-9a-fA-F:.]+\]):\d{1,5}/?$`))
	scrapeText  = withPort(hidden(textPattern("a URL such as http://127.0.0.1:9100/metrics, without user information, with a port from 1 to 65535 if any", `^https?://[^\s@#]+$`)))
	closeCode   = func() kind[int] {
		k := integer(1000, 4999)
		k.expected = "a close code for clients: 1000, 1001, or 3000 to 4999"
		parse := k.parse
		k.parse = func(s string) (int, bool) {
			n, ok := parse(s)
			return n, ok && (n <= 1001 || n >= 3000)
		}
		return k
	}()
)

// subprotocolText accepts a WebSocket subprotocol (RFC 6455, section 4.1): an HTTP token, which
// may carry a bearer token, as in Kubernetes.
func subprotocolText() kind[string] {
	k := hidden(textPattern(fmt.Sprintf("a name without spaces or commas, such as chat.v1, in at most %d bytes", maxVariable), "^[A-Za-z0-9!#$%&'*+.^_|~`-]+$"))
	matches := k.parse
	k.parse = func(s string) (string, bool) {
		_, ok := matches(s)
		return s, ok && len(s) <= maxVariable
	}
	return k
}

func hidden(k kind[string]) kind[string] {
	k.hidden, k.hint = true, nil
	return k
}

// anyScalar accepts text, numbers and booleans as text.
var anyScalar = kind[string]{
	expected: "text, a number, true or false", allowed: []limits{{Type: "string"}, {Type: "number"}, {Type: "boolean"}},
	parse: func(s string) (string, bool) { return s, true },
}

// maxLimit is the maximum of endpoint.limit.
const maxLimit = 64 << 20

// bytesTo accepts a number of bytes.
func bytesTo(least, most int, mostText string) kind[int] {
	return kind[int]{
		expected: fmt.Sprintf("bytes such as 128, 4KiB or 64KB, from %d to %d (%s)", least, most, mostText), hint: sizeHint,
		allowed: []limits{{Type: "integer", Least: new(float64(least)), Most: new(float64(most))}, {Type: "string", Pattern: sizeForm.String()}},
		parse: func(s string) (int, bool) {
			m := sizeForm.FindStringSubmatch(s)
			if m == nil {
				return 0, false
			}
			n, _ := strconv.ParseInt(m[1], 10, 64)
			bytes := n * int64(sizeUnits[m[2]])
			return int(bytes), bytes >= int64(least) && bytes <= int64(most)
		},
	}
}

// keys returns the top-level keys of a custom target.
func (o *Target) keys() []field {
	return []field{
		{"messages", messages(&o.Messages)},
		{"rows", rows(&o.Rows)},
		{"match", matching(&o.Match)},
		{"stamp", stamping(&o.Stamp)},
		{"records", one(&o.Records, oneOf("auto", "whole"))},
		{"ignore", ignoring(&o.Ignore)},
		{"expect", expecting(&o.Expect)},
		{"steps", steps(o)},
		{"stall", one(&o.Stall, duration(10*time.Millisecond))},
		{"reconnect", one(&o.Reconnect, boolean)},
	}
}

// targetKeys returns the keys of target: protocols, then common options.
func (o *Target) targetKeys() []field {
	var fields []field
	for _, w := range urlSpecs {
		fields = append(fields, field{w.protocol, o.endpoint(w)})
	}
	return append(fields,
		field{"tls", section(
			field{"ca", one(&o.TLS.CA, fileName)},
			field{"cert", one(&o.TLS.Cert, fileName)},
			field{"key", one(&o.TLS.Key, fileName)},
			field{"server_name", one(&o.TLS.ServerName, hostText)},
			field{"insecure", one(&o.TLS.Insecure, boolean)},
		)},
		field{"headers", pairs(&o.Headers, headerPair)},
		field{"cookies", pairs(&o.Cookies, cookiePair)},
		field{"query", pairs(&o.Query, queryPair)},
		field{"bearer", secret(&o.Bearer)},
		field{"stats", section(
			field{"pid", one(&o.Stats.PID, integer(1, 1<<22))},
			field{"prometheus", one(&o.Stats.Prometheus, scrapeText)},
			field{"rtbench", one(&o.Stats.Rtbench, controlText)},
		)},
	)
}

// endpointKeys returns the keys of a protocol.
func endpointKeys(w urlSpec, e *Endpoint) []field {
	fields := []field{{"url", urlOf(w, e)}}
	switch w.protocol {
	case "websocket":
		fields = append(fields,
			field{"subprotocols", list(&e.Subprotocols, tokenText)},
			field{"frames", one(&e.Frames, oneOf("text", "binary"))},
			field{"deflate", one(&e.Deflate, oneOf("off", "takeover", "each"))},
			field{"fragment", one(&e.Fragment, bytesTo(1, maxLimit, "64MiB"))},
		)
	case "sse", "sse-h2":
		fields = append(fields,
			field{"method", one(&e.Method, methodText)},
			field{"body", templateText(&e.Body)},
			field{"post", oneURL(&e.Post, w)},
		)
	case "grpc":
		fields = append(fields,
			field{"proto", list(&e.Proto, fileName)},
			field{"import", list(&e.Import, fileName)},
			field{"compression", one(&e.Compression, oneOf("none", "gzip"))},
			field{"deadline", one(&e.Deadline, duration(time.Millisecond))},
			field{"batch", one(&e.Batch, integer(1, 1_000_000))},
		)
	case "tcp":
		fields = append(fields, field{"frames", one(&e.Frames, oneOf("lines", "length"))})
	}
	return append(fields, field{"limit", one(&e.Limit, bytesTo(1, maxLimit, "64MiB"))})
}

// endpointDefaults returns the defaults of an endpoint.
func endpointDefaults(protocol string) Endpoint {
	e := Endpoint{Limit: proto.MaxSize}
	switch protocol {
	case "websocket":
		e.Frames, e.Deflate = "text", "off"
	case "sse", "sse-h2":
		e.Method = "GET"
	case "grpc":
		e.Compression, e.Batch = "none", 1
	case "tcp":
		e.Frames = "lines"
	}
	return e
}

// endpoint reads the URL of a protocol, or its keys.
func (o *Target) endpoint(w urlSpec) value {
	e := new(Endpoint)
	fields := endpointKeys(w, e)
	sh := fields[0].value.shape
	sh.fields, sh.required = fields, []string{"url"}
	return value{shape: sh, read: func(r *reader, path string, n *yaml.Node) {
		*e = endpointDefaults(w.protocol)
		if o.Endpoints == nil {
			o.Endpoints = map[string]*Endpoint{}
		}
		o.Endpoints[w.protocol] = e
		if n.Kind != yaml.MappingNode {
			fields[0].value.read(r, path, n)
			return
		}
		before := len(r.problems)
		r.mapping(path, n, fields)
		if len(r.problems) == before && !r.has(path+".url") {
			r.problem(n, "%s: missing url; expected one such as {url: %s}", path, w.example)
		}
	}}
}

// urlOf reads the URL of an endpoint.
func urlOf(w urlSpec, e *Endpoint) value {
	v := oneURL(&e.URL, w)
	return value{shape: v.shape, read: func(r *reader, path string, n *yaml.Node) {
		v.read(r, path, n)
		e.public = publicURL(e.URL, r.written[n])
	}}
}

// oneURL reads a URL. Messages do not contain it, because it may hold a secret.
func oneURL(into *string, w urlSpec) value {
	allowed := limits{Type: "string", Pattern: "^(" + strings.Join(w.schemes, "|") + `)://[^\s#]+$`}
	return value{shape: shape{scalar: []limits{allowed}}, read: func(r *reader, path string, n *yaml.Node) {
		k := text
		k.expected = "a URL such as " + w.example
		url, ok := k.scalar(r, path, n)
		if !ok {
			return
		}
		if fault := urlFault(w, url); fault != "" {
			what := ""
			if written, ok := r.written[n]; ok {
				what = "the value of " + quote(notQuery(written)) + ": "
			}
			r.problem(n, "%s: %s%s", path, what, fault)
			return
		}
		*into = url
	}}
}

// notQuery returns a URL without the query, which may hold a secret.
func notQuery(written string) string {
	before, _, found := strings.Cut(written, "?")
	if found {
		return before + "?…"
	}
	return before
}
