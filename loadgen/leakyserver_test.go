package loadgen

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/emptypb"
)

// A leakCase is a server that returns the request's credentials somewhere.
type leakCase struct {
	protocol, kind string
	more           string // of the scenario
	want           string // appears in the result, credentials redacted
}

const (
	leakEcho  = "pattern: echo\nload: {rate: 50/s}\nmessages: '{\"id\":{{.RequestNumber}}}'\nmatch: {field: id}\n"
	leakSteps = "steps: [{authenticate: '{\"token\":\"${TEST_SECRET_STEP}\"}'}]\n"
)

var leakCases = []leakCase{
	{"websocket", "refuse", leakEcho, "HTTP status 401: no "},
	{"websocket", "redirect", leakEcho, "redirect (HTTP status 302) to http://"},
	{"websocket", "close", leakEcho + leakSteps, "4001"},
	{"websocket", "reply", leakEcho + leakSteps + "expect: {field: ok}\n", "unmatched {\"no\":"},
	{"websocket", "reply", strings.Replace(leakEcho, "{field: id}", "order", 1) + leakSteps + "expect: {field: ok}\n", "expected ok is present, found {\"no\":"},
	{"websocket", "reply", leakEcho + "steps: [{authenticate: '{\"token\":\"${TEST_SECRET_STEP}\"}'}, {expect: {field: ok}}]\n", "step expect: expected ok is present, found {\"no\":"},
	{"sse", "refuse", "pattern: push\n", "HTTP status 401: no "},
	{"sse", "redirect", "pattern: push\n", "redirects"},
	{"sse", "events", "pattern: push\nexpect: {field: ok}\n", "expected ok is present, found {\"no\":"},
	{"sse", "post", leakEcho, "HTTP status 401: no "},
	{"sse-h2", "refuse", "pattern: push\n", "HTTP status 401: no "},
	{"sse-h2", "events", "pattern: push\nexpect: {field: ok}\n", "expected ok is present, found {\"no\":"},
	{"sse-h2", "post", leakEcho, "HTTP status 401: no "},
	{"grpc", "refuse", leakEcho, "refused the call: no "},
	{"grpc", "reply", leakEcho + "expect: {field: text, is: ok}\n", "expected text is \"ok\", found {"},
	{"grpc", "reply", leakEcho + "steps: [{authenticate: '{\"text\":\"${TEST_SECRET_STEP}\"}'}, {expect: {field: text, is: ok}}]\n", "step expect: expected text is \"ok\", found {"},
	{"grpc", "reflection", leakEcho, ""},
}

// startLeaky starts the server and returns its address.
func startLeaky(t *testing.T, c leakCase) string {
	t.Helper()
	if c.protocol == "grpc" {
		return startLeakyGRPC(t, c.kind)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leak := "no " + credentials(r)
		switch {
		case c.kind == "refuse", r.URL.Path == "/post":
			http.Error(w, leak, http.StatusUnauthorized)
		case c.kind == "redirect":
			query := url.QueryEscape(r.Header.Get("Authorization"))
			http.Redirect(w, r, "/login/"+url.PathEscape(r.Header.Get("Cookie"))+r.URL.Path+"/x?token="+query, http.StatusFound)
		case c.protocol == "websocket":
			leakOverWebSocket(w, r, c.kind, leak)
		default:
			leakOverSSE(w, r, c.kind, leak)
		}
	}))
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.Listener.Addr().String()
}

// credentials returns a request's credentials, raw and parsed.
func credentials(r *http.Request) string {
	user, password, _ := r.BasicAuth()
	return strings.Join([]string{
		r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Header.Get("X-Api-Key"), user + ":" + password, password,
		r.URL.Query().Get("token"), r.URL.RequestURI(), r.URL.Path,
	}, " ")
}

func leakOverWebSocket(w http.ResponseWriter, r *http.Request, kind, leak string) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	for {
		_, p, err := c.Read(r.Context())
		if err != nil {
			return
		}
		if kind == "close" {
			reason := string(p) + leak
			_ = c.Close(4001, strings.ToValidUTF8(reason[:min(len(reason), 120)], ""))
			return
		}
		if c.Write(r.Context(), websocket.MessageText, fmt.Appendf(nil, "{\"no\":%q,\"you\":%s}", leak, p)) != nil {
			return
		}
	}
}

func leakOverSSE(w http.ResponseWriter, r *http.Request, kind, leak string) {
	w.Header().Set("Content-Type", "text/event-stream")
	if kind == "events" {
		for range 20 {
			_, _ = fmt.Fprintf(w, "data: {\"no\":%q}\n\n", leak)
		}
	}
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func startLeakyGRPC(t *testing.T, kind string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, st grpc.ServerStream) error {
		md, _ := metadata.FromIncomingContext(st.Context())
		r := &http.Request{Header: http.Header{}, URL: &url.URL{}}
		for name, values := range md {
			r.Header[http.CanonicalHeaderKey(name)] = values
		}
		leak := "no " + credentials(r)
		if kind != "reply" {
			return status.Error(codes.Unauthenticated, leak)
		}
		for {
			var in, out emptypb.Empty
			if err := st.RecvMsg(&in); err != nil {
				return nil
			}
			var b []byte
			if fields := in.ProtoReflect().GetUnknown(); len(fields) > 0 && fields[0] == 1<<3 { // the id
				_, _, n := protowire.ConsumeField(fields)
				b = append(b, fields[:max(n, 0)]...)
			}
			b = protowire.AppendString(protowire.AppendTag(b, 2, protowire.BytesType), leak)
			b = protowire.AppendBytes(protowire.AppendTag(b, 3, protowire.BytesType), []byte(r.Header.Get("Cookie")+string(in.ProtoReflect().GetUnknown())))
			out.ProtoReflect().SetUnknown(b)
			if err := st.SendMsg(&out); err != nil {
				return nil
			}
		}
	}))
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return l.Addr().String()
}
