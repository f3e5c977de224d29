package faulty

import (
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"rtbench/internal/testrun"
)

// ended holds regular expressions for the errors of independent clients, by name or by
// "protocol: name". An empty or missing entry stands for a clean end if the fault has no class.
var ended = map[string]string{
	"nothing listens":       "connection refused",
	"resets at once":        "reset by peer|broken pipe",
	"closes at once":        "EOF|closed idle connection",
	"never responds":        "deadline|timeout|canceled",
	"stalls mid-response":   "deadline|timeout|canceled",
	"is an SSH server":      "malformed HTTP response|frame too large|could not be established|readLoopPeekFail",
	"sends garbage":         "EOF|frame too large",
	"speaks only HTTP/1.1":  "looked like an HTTP/1.1 header",
	"is an SSE server":      "unexpected HTTP response status: 200",
	"is a WebSocket server": "HTTP 426|looked like an HTTP/1.1 header",

	"TLS on a cleartext URL":      `EOF|malformed HTTP response "\\x15`,
	"cleartext on a TLS URL":      "not look like a TLS handshake|HTTP response to HTTPS client",
	"certificate expired":         "certificate has expired",
	"unknown authority":           "signed by unknown authority",
	"wrong host name":             "contain any IP SANs",
	"client certificate required": "certificate required",
	"only TLS 1.0":                "protocol version not supported",
	"handshake never finishes":    "deadline|timeout|canceled",
	"handshake stalls":            "deadline|timeout|canceled",
	"no ALPN":                     "missing selected ALPN",

	"204": "204", "401": "401", "403": "403", "404": "404", "429": "429", "500": "500", "502 from a proxy": "502", "503": "503",
	"200 without upgrade":                    "unexpected HTTP response status: 200",
	"200 with the wrong content type":        `text/html`,
	"redirects to itself":                    "301|redirected to 127.0.0.1",
	"redirects to another host":              "302|redirected to elsewhere",
	"accepts the request and never responds": "deadline|timeout|canceled",
	"endless header":                         "headers exceeded|deadline|timeout|canceled",
	"header of 1 MiB":                        "COMPRESSION_ERROR|header",
	"wrong Sec-WebSocket-Accept":             `bad "Sec-WebSocket-Accept"`,
	"subprotocol that was not offered":       "unexpected protocol",
	"extension that was not offered":         "unexpected extensions",
	"garbage status line":                    "malformed HTTP status",
	"body shorter than Content-Length":       "unexpected EOF",
	"unrequested compression":                "HTTP 200 text/event-stream gzip",
	"token runs out":                         "401|code = Unauthenticated",
	"cuts after N":                           "EOF",
	"resets after N":                         "reset by peer|EOF|broken pipe",
	"closes with 1008":                       "closed with 1008 not like this",
	"closes with 1011":                       "closed with 1011 out of order",
	"closes with 1012":                       "closed with 1012 restarting",
	"closes with 1013":                       "closed with 1013 later",
	"closes with 3000":                       "closed with 3000",
	"closes with 4001":                       "closed with 4001 session over",
	"ends with ABORTED after N":              "code = Aborted desc = enough",

	"reserved bit":                      "non-zero rsv bits",
	"compressed without negotiation":    "non-zero rsv bits",
	"reserved opcode":                   "reserved op code",
	"reserved control opcode":           "reserved op code",
	"masked frames":                     "must be not masked",
	"text that is not UTF-8":            "invalid utf8",
	"continuation without a message":    "unexpected continuation",
	"message within a message":          "unexpected non-continuation",
	"ping of 126 bytes":                 "payload limit exceeded",
	"fragmented ping":                   "control frame is not final",
	"frame of 2^62 bytes":               "too long",
	"length with its highest bit set":   "most significant bit",
	"message over the limit":            "too long|larger than max",
	"endless fragments":                 "too long",
	"compression bomb":                  "inflated to 33554432 bytes",
	"compressed garbage":                "corrupt input",
	"cuts mid-frame":                    "unexpected EOF",
	"resets mid-frame":                  "reset by peer|EOF|broken pipe",
	"one-byte close frame":              "close of 1 bytes",
	"close with 1005":                   "only application level",
	"close whose reason is not UTF-8":   "invalid utf8",
	"closes in the middle of a message": "after 1 bytes of a message",

	"line over the limit":        "too long",
	"endless line":               "too long",
	"endless event":              "too long",
	"ends mid-event":             "unexpected EOF",
	"garbage chunk size":         "invalid byte in chunk length",
	"chunk longer than its size": "malformed chunked encoding",
	"chunk of 2^62 bytes":        "unexpected EOF",
	"RST_STREAM mid-stream":      "INTERNAL_ERROR",
	"GOAWAY, then cuts":          "goaway: code: NO_ERROR|GOAWAY.*NO_ERROR",
	"illegal frame":              "PROTOCOL_ERROR",

	"UNAUTHENTICATED":                  "code = Unauthenticated",
	"PERMISSION_DENIED":                "code = PermissionDenied",
	"UNIMPLEMENTED":                    "code = Unimplemented",
	"RESOURCE_EXHAUSTED":               "code = ResourceExhausted",
	"UNAVAILABLE":                      "code = Unavailable",
	"UNAVAILABLE once":                 "code = Unavailable",
	"DEADLINE_EXCEEDED":                "code = DeadlineExceeded desc = DEADLINE",
	"status 99":                        `Code\(99\)`,
	"sends only headers":               "deadline|canceled",
	"ends without trailers":            "without sending trailers",
	"GOAWAY, too_many_pings":           "ENHANCE_YOUR_CALM.*too_many_pings",
	"prefix of 4 GiB":                  "larger than max",
	"prefix longer than the message":   "unexpected EOF",
	"unknown compression":              "Decompressor is not installed",
	"compressed without grpc-encoding": "compressed flag set",

	"cuts mid-message":               "unexpected EOF",
	"length of 4 GiB":                "too long",
	"length over the limit":          "too long",
	"length longer than the message": "unexpected EOF",

	// These clients differ from rtbench's.
	"endless comments":             "too long",
	"never answers a close frame":  "timeout",
	"message that is not protobuf": "unmarshal",
	"sse-h2: no ALPN":              "",
	"grpc: header of 1 MiB":        "",
}

// Each fault is really injected: an independent client observes it, and the ledger records it.
func TestTable(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, f := range Table {
		t.Run(f.Protocol+"/"+f.Name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, f)
			got := see(t, s)
			l := s.Ledger()
			if !endedAs(f, got.err) {
				t.Errorf("ended with %v", got.err)
			}
			none := strings.HasPrefix(f.Name, "none") || f.notListening || f.Name == "broadcasts to all streams"
			if none != (l.FaultsDone == 0) {
				t.Errorf("the fault was injected %d times", l.FaultsDone)
			}
			if l.Connections == 0 != f.notListening {
				t.Errorf("%d connections were accepted", l.Connections)
			}
			if n := len(got.messages); !plausible(f, n) {
				t.Errorf("%d messages arrived", n)
			}
		})
	}
}

func endedAs(f Fault, err error) bool {
	want, ok := ended[f.String()]
	if !ok {
		want, ok = ended[f.Name]
	}
	if want == "" {
		return (ok || f.Class == "") && (err == nil || errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF))
	}
	if f.Protocol == "sse-h2" && f.Terminal { // net/http sometimes hides the cause
		want += "|client conn could not be established"
	}
	return err != nil && regexp.MustCompile(want).MatchString(err.Error())
}

// plausible reports whether a client can have received n messages from a server with this
// fault.
func plausible(f Fault, n int) bool {
	// A broken connection may lose data in buffers.
	broken := regexp.MustCompile("resets|cuts|illegal frame").MatchString(f.Name)
	switch {
	case f.String() == "sse-h2: no ALPN", // this client also speaks HTTP/1.1
		f.String() == "grpc: header of 1 MiB": // its limit is 16 MiB
		return n == messageCount
	case f.Terminal, f.Name == "token runs out", f.Name == "UNAVAILABLE once":
		return n == 0
	case f.Name == "masked frames":
		return n == Every-1
	case f.Class != "":
		return n == N || n < N && broken
	default:
		return n >= N
	}
}

// Rows are unique, and every protocol has some.
func TestTableRows(t *testing.T) {
	t.Parallel()
	rows, of := map[string]bool{}, map[string]int{}
	for _, f := range Table {
		if rows[f.String()] {
			t.Errorf("duplicate row %q", f)
		}
		rows[f.String()] = true
		of[f.Protocol]++
		if f.Terminal && f.Class == "" {
			t.Errorf("%q: terminal without a class", f)
		}
		if found := Find(t, f.Protocol, f.Name); found.String() != f.String() {
			t.Errorf("Find(%q) returned %q", f, found)
		}
	}
	if t.Logf("%d rows: %v", len(rows), of); len(rows) < 80 || len(of) != 5 {
		t.Errorf("the table has %d rows of %d protocols", len(rows), len(of))
	}
}

// A server stops quickly even while clients wait for it.
func TestStopsWhileClientsWait(t *testing.T) {
	t.Parallel()
	for _, f := range []Fault{
		Find(t, "tcp", "never responds"), Find(t, "sse", "accepts the request and never responds"), Find(t, "websocket", "none"),
		Find(t, "grpc", "sends only headers"), Find(t, "sse-h2", "stalls mid-stream"),
	} {
		t.Run(f.Protocol, func(t *testing.T) {
			t.Parallel()
			s, err := start(f)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan seen, 1)
			go func() { done <- see(t, s) }()
			s.Await(t.Context(), func(l *Ledger) bool { return l.Connections > 0 })
			if !s.stop(bound) {
				t.Fatal("the server does not stop")
			}
			<-done
		})
	}
}
