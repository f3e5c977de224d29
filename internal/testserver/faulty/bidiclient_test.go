package faulty

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func seeWebSocket(ctx context.Context, t *testing.T, s *Server) seen {
	return seeWebSocketAs(ctx, t, s, "")
}

func seeWebSocketAs(ctx context.Context, t *testing.T, s *Server, token string) (got seen) {
	t.Helper()
	d := ws.Dialer{TLSConfig: trusting(s), Protocols: []string{"chat"}}
	if token != "" {
		d.Header = ws.HandshakeHeaderHTTP(http.Header{"Authorization": {"Bearer " + token}})
	}
	if s.Fault.Deflate {
		d.Extensions = []httphead.Option{httphead.NewOption("permessage-deflate", nil)}
	}
	c, in, hs, err := d.Dial(ctx, s.URL)
	if err != nil {
		return seen{err: err}
	}
	defer c.Close()
	if hs.Protocol != "chat" || len(hs.Extensions) != len(d.Extensions) {
		return seen{err: fmt.Errorf("subprotocol %q, extensions %v", hs.Protocol, hs.Extensions)}
	}
	defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		if silently(ctx) {
			return
		}
		for i := range messageCount {
			_ = ws.WriteFrame(c, ws.MaskFrame(ws.NewTextFrame([]byte(said(i)))))
		}
		_ = ws.WriteFrame(c, ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, ""))))
	}()
	defer func() {
		_ = c.Close()
		<-sent
	}()
	r := io.Reader(c)
	if in != nil {
		r = in
	}
	for got.err == nil {
		var p []byte
		if p, got.err = takeMessage(r, s.Fault); got.err == nil {
			got.messages = append(got.messages, string(p))
		}
	}
	return got
}

// takeMessage reads the frames of a message and checks them against RFC 6455.
func takeMessage(r io.Reader, f Fault) (p []byte, err error) {
	state := ws.StateClientSide
	var kind ws.OpCode
	deflated := false
	for {
		h, err := ws.ReadHeader(r)
		if err != nil {
			return nil, err
		}
		checked := h
		if f.Deflate && h.Rsv1() && h.OpCode.IsData() {
			deflated, checked.Rsv = true, 0
		}
		if err := ws.CheckHeader(checked, state); err != nil {
			return nil, err
		}
		if h.Length+int64(len(p)) > limit {
			return nil, errTooLong
		}
		frame := make([]byte, h.Length)
		if _, err := io.ReadFull(r, frame); err != nil {
			return nil, err
		}
		switch {
		case h.OpCode == ws.OpClose:
			return nil, closedBy(frame, len(p))
		case h.OpCode.IsControl():
			continue
		case h.OpCode != ws.OpContinuation:
			kind = h.OpCode
		}
		p = append(p, frame...)
		state = ws.StateClientSide
		if !h.Fin {
			state = state.Set(ws.StateFragmented)
		}
		if !h.Fin {
			continue
		}
		if deflated {
			if p, err = wsflate.DefaultHelper.Decompress(p); err != nil || len(p) >= limit {
				return nil, fmt.Errorf("inflated to %d bytes: %w", len(p), errors.Join(err, errTooLong))
			}
		}
		if kind == ws.OpText && !utf8.Valid(p) {
			return nil, ws.ErrProtocolInvalidUTF8
		}
		return p, nil
	}
}

// closedBy returns the error for a close frame, io.EOF for a clean close.
func closedBy(p []byte, before int) error {
	if len(p) == 1 || before > 0 {
		return fmt.Errorf("a close of %d bytes after %d bytes of a message", len(p), before)
	}
	code, why := ws.ParseCloseFrameData(p)
	later := code >= 1012 && code <= 1014 // registered after RFC 6455
	if err := ws.CheckCloseFrameData(code, why); err != nil && len(p) > 0 && !later {
		return err
	}
	return fmt.Errorf("closed with %d %s: %w", code, why, io.EOF)
}

func dialCall(t *testing.T, s *Server) *grpc.ClientConn {
	t.Helper()
	creds := insecure.NewCredentials()
	if c := trusting(s); c != nil {
		creds = credentials.NewTLS(c)
	}
	rest := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(s.URL, "grpcs"), "grpc"), Method)
	cc, err := grpc.NewClient("passthrough"+":///"+strings.TrimPrefix(rest, "://"),
		grpc.WithTransportCredentials(creds), grpc.WithDisableRetry(), grpc.WithNoProxy(),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(limit)))
	if err != nil {
		t.Fatal(err)
	}
	return cc
}

func seeGRPC(ctx context.Context, t *testing.T, s *Server) seen {
	cc := dialCall(t, s)
	defer cc.Close()
	return seeGRPCOn(ctx, cc, "")
}

func seeGRPCOn(ctx context.Context, cc *grpc.ClientConn, token string) (got seen) {
	ctx, cancel := context.WithCancel(ctx)
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	desc := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	st, err := cc.NewStream(ctx, desc, Method)
	if err != nil {
		cancel()
		return seen{err: err}
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		if silently(ctx) {
			return
		}
		for i := range messageCount {
			if st.SendMsg(wrapperspb.String(said(i))) != nil {
				return
			}
		}
		_ = st.CloseSend()
	}()
	for {
		var m wrapperspb.StringValue
		if got.err = st.RecvMsg(&m); got.err != nil {
			cancel()
			<-sent
			return got
		}
		got.messages = append(got.messages, m.GetValue())
	}
}
