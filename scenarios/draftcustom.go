package scenarios

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"rtbench/proto"
)

// CustomDraft holds the values of a draft for a custom target, in the syntax of flags; ${NAME} is
// a variable, as in a scenario. The zero value has none.
type CustomDraft struct {
	Headers               []string // Name: value
	Cookies, Query        []string // name=value
	BearerEnv, BearerFile string
	Messages              []string // a template, or @FILE
	Rows                  string
	Match                 string // header, order, none, field:PATH or header:PATH
	Expect                string // text that each reply must contain
	Stamp                 string // PATH:UNIT or PATH:UNIT:BOUND
	Subscribe             []string
	Subprotocols          []string
	Binary                bool
	Deflate, Limit        string
	Proto, Import         []string
	CA, Cert, Key         string
	ServerName            string
	Insecure              bool
	PID, Prometheus       string
	Post, Method, Body    string
}

// ProtocolOfURL returns the protocol of a custom target's URL by its scheme, empty if unknown.
func ProtocolOfURL(url string) string {
	a, _ := cutURL(url)
	return protocolOf(a.scheme)
}

// OnlyCustom reports whether only a custom target can have this URL: it has a path, a query or the
// scheme tcp.
func OnlyCustom(url string) bool { return onlyCustom(url) }

// customTarget writes the key target.
func (d Draft) customTarget(line func(format string, args ...any), key func(name, value, comment string)) {
	o := d.Custom
	if d.Address == "" {
		key("api", custom, "# any server") // Parse reports the missing target
		return
	}
	protocol := d.Protocols
	if urlSpecOf(protocol).protocol == "" {
		if protocol = ProtocolOfURL(d.Address); protocol == "" {
			protocol = "websocket"
		}
	}
	line("target:")
	line("  %s:", protocol)
	line("    url: %s", quotedText(d.Address))
	sub := func(name, value string) {
		if value != "" {
			line("    %s: %s", name, quotedText(value))
		}
	}
	all := func(name string, list []string) {
		if len(list) > 0 {
			line("    %s: [%s]", name, strings.Join(quotedAll(list), ", "))
		}
	}
	all("subprotocols", o.Subprotocols)
	if o.Binary {
		sub("frames", "binary")
	}
	sub("deflate", o.Deflate)
	if o.Limit != "" {
		line("    limit: %s", plainOrQuoted(o.Limit))
	}
	sub("method", o.Method)
	sub("body", o.Body)
	sub("post", o.Post)
	all("proto", o.Proto)
	all("import", o.Import)
	d.credentials(line)
}

// credentials writes TLS options, headers, the token and the source of server metrics.
func (d Draft) credentials(line func(format string, args ...any)) {
	o := d.Custom
	var tls []string
	for _, f := range []struct{ name, value string }{{"ca", o.CA}, {"cert", o.Cert}, {"key", o.Key}, {"server_name", o.ServerName}} {
		if f.value != "" {
			tls = append(tls, f.name+": "+quotedText(f.value))
		}
	}
	if o.Insecure {
		tls = append(tls, "insecure: true")
	}
	if len(tls) > 0 {
		line("  tls: {%s}", strings.Join(tls, ", "))
	}
	pairLines(line, "headers", ":", o.Headers)
	pairLines(line, "cookies", "=", o.Cookies)
	pairLines(line, "query", "=", o.Query)
	switch {
	case o.BearerEnv != "":
		line("  bearer: {env: %s}", quotedText(o.BearerEnv))
	case o.BearerFile != "":
		line("  bearer: {file: %s}", quotedText(o.BearerFile))
	case len(o.Headers) == 0 && ProtocolOfURL(d.Address) != "tcp":
		line("  # bearer: {env: API_TOKEN}   # or headers: {X-Api-Key: \"${KEY}\"}")
	}
	switch {
	case o.PID != "":
		line("  stats: {pid: %s}", plainOrQuoted(o.PID))
	case o.Prometheus != "":
		line("  stats: {prometheus: %s}", quotedText(o.Prometheus))
	}
}

// pairLines writes pairs as keys, or as a list if a name repeats, which keeps the order.
func pairLines(line func(format string, args ...any), key, between string, list []string) {
	if len(list) == 0 {
		return
	}
	line("  %s:", key)
	seen, item := map[string]bool{}, ""
	for _, pair := range list {
		name, _, _ := CutPair(pair, between)
		if folded := strings.ToLower(name); seen[folded] {
			item = "- "
		} else {
			seen[folded] = true
		}
	}
	for _, pair := range list {
		name, value, _ := CutPair(pair, between)
		line("    %s%s: %s", item, quotedText(name), quotedText(value))
	}
}

// CutPair splits NAME=VALUE or 'Name: value'. A header name may start with a colon, such as
// :authority.
func CutPair(pair, between string) (name, value string, found bool) {
	pair = strings.TrimSpace(pair)
	first := 0
	if between == ":" && strings.HasPrefix(pair, ":") {
		first = 1
	}
	name, value, found = strings.Cut(pair[first:], between)
	name = strings.TrimSpace(name)
	return pair[:first] + name, strings.TrimSpace(value), found && name != ""
}

// customMessages writes the messages, their matching and the steps.
func (d Draft) customMessages(line func(format string, args ...any)) {
	o := d.Custom
	if len(o.Messages) > 0 {
		line("messages:                       # sent in turn")
	} else if d.Pattern != string(proto.Push) {
		line("# Default: rtbench's own message, which the server must echo unchanged. Or:")
		line("# messages: '{\"id\":{{.RequestNumber}},\"text\":\"{{randomString 20}}\"}'")
		line("# match: {field: id}            # correlates replies: or order, header, none")
	}
	for _, m := range o.Messages {
		if file, isFile := strings.CutPrefix(m, "@"); isFile {
			line("  - {file: %s}", quotedText(file))
		} else {
			line("  - %s", quotedText(m))
		}
	}
	if o.Rows != "" {
		line("rows: %s", quotedText(o.Rows))
	}
	if by, path, found := strings.Cut(o.Match, ":"); found {
		line("match: {%s: %s}", plainOrQuoted(by), quotedText(path))
	} else if o.Match != "" {
		line("match: %s", plainOrQuoted(o.Match))
	}
	if o.Stamp != "" {
		field, unit, bound := cutStamp(o.Stamp)
		text := "field: " + quotedText(field) + ", unit: " + plainOrQuoted(unit)
		if bound != "" {
			text += ", bound: " + plainOrQuoted(bound)
		}
		line("stamp: {%s}", text)
	}
	if o.Expect != "" {
		line("expect: {contains: %s}", quotedText(o.Expect))
	}
	if len(o.Subscribe) == 0 {
		line("# steps: [{subscribe: '{\"op\":\"sub\"}'}, {wait: ready}, load, close]   # per connection")
		return
	}
	line("steps:                          # per connection, before the measured messages")
	for _, s := range o.Subscribe {
		line("  - subscribe: %s", quotedText(s))
	}
}

// cutStamp splits PATH:UNIT[:BOUND]; the path may contain colons.
func cutStamp(s string) (field, unit, bound string) {
	parts := strings.Split(s, ":")
	n := len(parts)
	units := []string{"ns", "us", "ms", "s", "rfc3339"}
	switch {
	case n > 2 && slices.Contains(units, parts[n-2]) && !slices.Contains(units, parts[n-1]):
		return strings.Join(parts[:n-2], ":"), parts[n-2], parts[n-1]
	case n > 1:
		return strings.Join(parts[:n-1], ":"), parts[n-1], ""
	}
	return s, "", ""
}

// sized reports whether payload.size applies to the draft.
func (d Draft) sized() bool {
	body := func(m string) bool { return strings.HasPrefix(m, "@") || uses(m, "Body") }
	return d.Size != DefaultDraft().Size || d.Pattern != string(proto.Push) && (len(d.Custom.Messages) == 0 || slices.ContainsFunc(d.Custom.Messages, body))
}

// quotedText quotes text for YAML with the fewest escapes.
func quotedText(s string) string {
	if utf8.ValidString(s) && strings.ContainsAny(s, `"\`) && !strings.ContainsFunc(s, func(c rune) bool { return !strconv.IsPrint(c) }) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return strconv.Quote(s)
}

func quotedAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = quotedText(s)
	}
	return out
}
