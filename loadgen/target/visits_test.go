package target_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/loadgen/target"
	"rtbench/scenarios"
)

// protocols are those with headers and TLS.
var protocols = []string{"websocket", "sse", "sse-h2", "grpc"}

// A visit is a connection as the server saw it.
type visit struct {
	header http.Header
	query  url.Values
	body   string
	client string // the name in its certificate
}

// serve starts a server that reports each visit, and returns its address.
func serve(t *testing.T, protocol string, secured *tls.Config) (address string, visits <-chan visit) {
	t.Helper()
	saw := make(chan visit, 100)
	if protocol == "grpc" {
		return serveGRPC(t, secured, saw), saw
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visit{header: r.Header, query: r.URL.Query(), client: clientOf(r.TLS)}
		if r.Method == http.MethodPost {
			b, _ := io.ReadAll(r.Body)
			v.body = string(b)
		}
		saw <- v
		if r.Header.Get("Upgrade") != "" {
			if c, err := websocket.Accept(w, r, nil); err == nil {
				<-c.CloseRead(r.Context()).Done()
			}
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetHTTP2(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = discard
	if secured != nil {
		s.TLS = secured
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.Listener.Addr().String(), saw
}

func serveGRPC(t *testing.T, secured *tls.Config, saw chan<- visit) string {
	t.Helper()
	options := []grpc.ServerOption{grpc.UnknownServiceHandler(func(_ any, st grpc.ServerStream) error {
		md, _ := metadata.FromIncomingContext(st.Context())
		v := visit{header: http.Header{}}
		for name, values := range md {
			v.header[http.CanonicalHeaderKey(name)] = values
		}
		if p, ok := peer.FromContext(st.Context()); ok {
			if info, ok := p.AuthInfo.(credentials.TLSInfo); ok {
				v.client = clientOf(&info.State)
			}
		}
		saw <- v
		<-st.Context().Done()
		return nil
	})}
	if secured != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(secured)))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(options...)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

func clientOf(s *tls.ConnectionState) string {
	if s == nil || len(s.PeerCertificates) == 0 {
		return ""
	}
	return s.PeerCertificates[0].Subject.CommonName
}

// scenario returns a scenario in dir for the server at address. more is the rest of its target.
func scenario(t *testing.T, dir, protocol, address string, secured bool, more string) *scenarios.Scenario {
	t.Helper()
	proto, err := filepath.Abs(filepath.Join("..", "testdata", "grpc"))
	if err != nil {
		t.Fatal(err)
	}
	scheme := map[string]string{"websocket": "ws", "sse": "http", "sse-h2": "http", "grpc": "grpc"}[protocol]
	if secured {
		scheme += "s"
	}
	text := fmt.Sprintf("pattern: push\ntarget:\n  %s: {url: '%s://%s/talk'}\n", protocol, scheme, address)
	if protocol == "grpc" {
		text = fmt.Sprintf("pattern: echo\nmessages: '{\"id\":{{.RequestNumber}}}'\nmatch: {field: id}\nload: {rate: 1/s}\n"+
			"target:\n  grpc: {url: '%s://%s/test.v1.Notes/Exchange', proto: [notes.proto], import: [%q]}\n", scheme, address, proto)
	}
	return read(t, filepath.Join(dir, "test.yaml"), text+indent(more))
}

// read parses a scenario with the variables of the environment.
func read(t *testing.T, file, text string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.ParseWith(file, []byte("name: test\n"+text), scenarios.Options{Lookup: os.LookupEnv})
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return s
}

func indent(text string) string {
	if text == "" {
		return ""
	}
	return "  " + strings.ReplaceAll(text, "\n", "\n  ") + "\n"
}

// visitor returns a function that opens and closes a stream, as a cell of s does.
func visitor(t *testing.T, s *scenarios.Scenario) (visit func() error, server *target.Custom) {
	t.Helper()
	cell := s.Cells()[0]
	server, err := target.PrepareCustom(t.Context(), s, cell)
	if err != nil {
		t.Fatal(err)
	}
	d, err := drivers.New(cell.Protocol, cell.Stack, driver.Target{Address: server.Address, TLS: server.TLS})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		st, err := d.Open(ctx, server.EndpointOf(0, 0))
		if err != nil {
			return err
		}
		return st.Close()
	}, server
}

// next returns the next visit.
func next(t *testing.T, visits <-chan visit) visit {
	t.Helper()
	select {
	case v := <-visits:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("the server saw nobody")
	}
	return visit{}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}
