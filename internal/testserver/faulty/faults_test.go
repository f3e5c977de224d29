package faulty

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	v1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	v1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// A token is valid for N messages; then the client needs another.
func TestTokensExpire(t *testing.T) {
	t.Parallel()
	for _, protocol := range strings.Fields(overHTTP) {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := Start(t, Find(t, protocol, "token runs out"))
			ctx, cancel := context.WithTimeout(t.Context(), bound)
			defer cancel()
			as := map[string]func(token string) seen{
				"websocket": func(token string) seen { return seeWebSocketAs(ctx, t, s, token) },
				"grpc": func(token string) seen {
					cc := dialCall(t, s)
					defer cc.Close()
					return seeGRPCOn(ctx, cc, token)
				},
				"sse":    func(token string) seen { return seeEventsFrom(ctx, httpClient(t, s), s, "", token) },
				"sse-h2": func(token string) seen { return seeEventsFrom(ctx, httpClient(t, s), s, "", token) },
			}[protocol]
			ending := map[string]string{"websocket": "4401 token expired", "grpc": "Unauthenticated desc = token expired", "sse": "EOF", "sse-h2": "EOF"}[protocol]
			for _, token := range []string{"good-1", "good-2"} {
				if got := as(token); len(got.messages) != N || !strings.Contains(fmt.Sprint(got.err), ending) {
					t.Errorf("%s: %v", token, got)
				}
			}
			for _, token := range []string{"good-1", "bad"} {
				if got := as(token); len(got.messages) != 0 || !endedAs(s.Fault, got.err) {
					t.Errorf("%s, which is invalid: %v", token, got)
				}
			}
			if l := s.Ledger(); l.Tokens["good-1"] != 2 || l.Tokens["good-2"] != 1 || l.Tokens["bad"] != 1 {
				t.Errorf("tokens seen: %v", l.Tokens)
			}
		})
	}
}

// Events resume after the requested id, which the ledger records.
func TestEventsResume(t *testing.T) {
	t.Parallel()
	for _, protocol := range strings.Fields(sseBoth) {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := Start(t, Find(t, protocol, "retry of 10 ms, then ends"))
			ctx, cancel := context.WithTimeout(t.Context(), bound)
			defer cancel()
			client, id, next := httpClient(t, s), "", 0
			for range 3 {
				got := seeEventsFrom(ctx, client, s, id, "")
				for _, p := range got.messages {
					if n := number(t, p); n != next {
						t.Fatalf("got event %d, want %d", n, next)
					}
					next++
				}
				id = got.ids[len(got.ids)-1]
			}
			if l := s.Ledger(); next != 3*N || fmt.Sprint(l.Resumed) != "[49 99]" {
				t.Errorf("%d events, resumed %v", next, l.Resumed)
			}
		})
	}
}

// Retry times, bursts, repeated ids and unusual but legal forms of events.
func TestEventFaults(t *testing.T) {
	t.Parallel()
	s := Start(t, Find(t, "sse", "events in bursts"))
	a, err := httpClient(t, s).Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b := make([]byte, 64<<10)
	if n, err := io.ReadAtLeast(a.Body, b, 1); err != nil || bytes.Count(b[:n], []byte("data: ")) < 2 {
		t.Errorf("the first bytes of a burst: %v %q", err, b[:n])
	}
	twice := see(t, Start(t, Find(t, "sse", "repeated ids")))
	for i := Every - 1; i < messageCount; i += Every {
		if twice.ids[i] != twice.ids[i-1] {
			t.Errorf("event %d has id %s, its predecessor %s", i, twice.ids[i], twice.ids[i-1])
		}
	}
	legal := see(t, Start(t, Find(t, "sse", "none, in every legal form")))
	for i, p := range legal.messages {
		if number(t, p) != i {
			t.Errorf("event %d is %q", i, p)
		}
	}
	retry := Start(t, Find(t, "sse", "retry of 10 ms, then ends"))
	a, err = httpClient(t, retry).Get(retry.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if b, err := io.ReadAll(a.Body); err != nil || !bytes.HasPrefix(b, []byte("retry: 10\n\n")) {
		t.Errorf("events with a retry time: %v %.40q", err, b)
	}
}

func TestPosts(t *testing.T) {
	t.Parallel()
	for _, protocol := range strings.Fields(sseBoth) {
		s := Start(t, Find(t, protocol, "none"))
		a, err := httpClient(t, s).Post(s.Post, "application/json", strings.NewReader(said(0)))
		if err != nil {
			t.Fatal(err)
		}
		_ = a.Body.Close()
		l := s.Ledger()
		if a.StatusCode != http.StatusNoContent || l.Received != 1 || l.Messages[0].Got != said(0) {
			t.Errorf("%s: %s, the ledger %+v", protocol, a.Status, l)
		}
	}
}

// The server accepts a client certificate of its authority, and apart from the certificate its
// TLS works.
func TestTLSWorksApartFromTheCertificate(t *testing.T) {
	t.Parallel()
	s := Start(t, Find(t, "sse", "client certificate required"))
	pair, err := tls.X509KeyPair(s.Cert, s.Key)
	if err != nil {
		t.Fatal(err)
	}
	client := httpClient(t, s)
	client.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{pair}
	if got := seeEventsFrom(t.Context(), client, s, "", ""); len(got.messages) != messageCount {
		t.Errorf("with a client certificate: %v", got)
	}
	s = Start(t, Find(t, "sse", "certificate expired"))
	client = httpClient(t, s)
	client.Transport.(*http.Transport).TLSClientConfig.InsecureSkipVerify = true
	if got := seeEventsFrom(t.Context(), client, s, "", ""); len(got.messages) != messageCount {
		t.Errorf("without verification: %v", got)
	}
}

// Only the first call is refused.
func TestUnavailableOnce(t *testing.T) {
	t.Parallel()
	s := Start(t, Find(t, "grpc", "UNAVAILABLE once"))
	cc := dialCall(t, s)
	defer cc.Close()
	for i, want := range []int{0, messageCount} {
		if got := seeGRPCOn(t.Context(), cc, ""); len(got.messages) != want {
			t.Errorf("call %d: %v", i, got)
		}
	}
}

// Both versions of reflection describe Proto, even if calls are refused.
func TestReflection(t *testing.T) {
	t.Parallel()
	s := Start(t, Find(t, "grpc", "UNAUTHENTICATED"))
	cc := dialCall(t, s)
	defer cc.Close()
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	now, err := v1.NewServerReflectionClient(cc).ServerReflectionInfo(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := now.Send(&v1.ServerReflectionRequest{MessageRequest: &v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "faulty.Echo"}}); err != nil {
		t.Fatal(err)
	}
	a, err := now.Recv()
	if err != nil {
		t.Fatal(err)
	}
	var fd descriptorpb.FileDescriptorProto
	if err := proto.Unmarshal(a.GetFileDescriptorResponse().GetFileDescriptorProto()[0], &fd); err != nil || "/"+fd.GetPackage()+"."+fd.GetService()[0].GetName()+"/"+fd.GetService()[0].GetMethod()[0].GetName() != Method {
		t.Errorf("v1 returned %v, %v", &fd, err)
	}
	before, err := v1alpha.NewServerReflectionClient(cc).ServerReflectionInfo(ctx)
	if err != nil {
		t.Fatal(err)
	}
	//nolint:staticcheck // the deprecated version is under test
	if err := before.Send(&v1alpha.ServerReflectionRequest{MessageRequest: &v1alpha.ServerReflectionRequest_ListServices{}}); err != nil {
		t.Fatal(err)
	}
	old, err := before.Recv()
	if err != nil || !strings.Contains(old.String(), "faulty.Echo") {
		t.Errorf("v1alpha returned %v, %v", old, err)
	}
	for _, word := range []string{"package faulty;", "string payload = 1;", "rpc Talk(stream Message) returns (stream Message);"} {
		if !strings.Contains(Proto, word) {
			t.Errorf("Proto has no %q", word)
		}
	}
}

// The server accepts compressed and fragmented messages and answers pings.
func TestWebSocketAcceptsLegalMessages(t *testing.T) {
	t.Parallel()
	s := Start(t, Find(t, "websocket", "none, compressed"))
	d := ws.Dialer{Extensions: []httphead.Option{httphead.NewOption("permessage-deflate", nil)}}
	c, in, _, err := d.Dial(t.Context(), s.URL)
	if err != nil || in != nil {
		t.Fatalf("%v, %v", in, err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(bound))
	squeezed := ws.NewTextFrame(deflate([]byte(said(1))))
	squeezed.Header.Rsv = ws.Rsv(true, false, false)
	for _, f := range []ws.Frame{
		squeezed, ws.NewFrame(ws.OpText, false, []byte(said(2)[:5])), ws.NewPingFrame([]byte("there?")),
		ws.NewFrame(ws.OpContinuation, true, []byte(said(2)[5:])),
	} {
		if err := ws.WriteFrame(c, ws.MaskFrame(f)); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := takeMessage(c, s.Fault); err != nil || string(p) != said(1) {
		t.Errorf("%q, %v", p, err)
	}
	pong := make([]byte, len("there?"))
	h, err := ws.ReadHeader(c)
	if err != nil || h.OpCode != ws.OpPong || h.Length != int64(len(pong)) {
		t.Fatalf("%+v, %v", h, err)
	}
	if _, err := io.ReadFull(c, pong); err != nil || string(pong) != "there?" {
		t.Errorf("%q, %v", pong, err)
	}
	if p, err := takeMessage(c, s.Fault); err != nil || string(p) != said(2) {
		t.Errorf("%q, %v", p, err)
	}
}

// An unknown protocol is an error that lists the known ones.
func TestUnknownProtocol(t *testing.T) {
	t.Parallel()
	if _, err := start(Fault{Protocol: "quic"}); err == nil || !strings.Contains(err.Error(), "websocket, sse, sse-h2, grpc or tcp") {
		t.Errorf("unknown protocol: %v", err)
	}
}

func FuzzPayload(f *testing.F) {
	f.Add([]byte("a payload"))
	f.Add([]byte{0x0A, 1, 'x', 0x0A, 1, 'y'})
	f.Add([]byte{0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, p []byte) {
		if got, err := decodeMessage(encodeMessage(0, p)[5:]); err != nil || !bytes.Equal(got, p) {
			t.Errorf("%q was decoded as %q, %v", p, got, err)
		}
		_, _ = decodeMessage(p)
		changed := message{p: p}.corrupted()
		if len(p) > 0 && (bytes.Equal(changed, p) || len(changed) != len(p)) || utf8.Valid(p) && isWord(p) && !utf8.Valid(changed) {
			t.Errorf("%q was changed to %q", p, changed)
		}
	})
}

func isWord(p []byte) bool { return bytes.ContainsAny(p[len(p)/2:], "bcxy019") }
