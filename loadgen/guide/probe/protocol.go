package probe

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
)

// probeProtocol tests which transports carry each protocol.
func probeProtocol(ctx context.Context, s Servers, n *Notes) error {
	for _, p := range []struct {
		name string
		do   func(context.Context, Servers, *Notes) error
	}{
		{"WebSocket handshake in cleartext", upgradePlain},
		{"WebSocket handshake over TLS", upgradeTLS},
		{"SSE over HTTP/1.1 in cleartext", streamPlain},
		{"SSE over HTTP/1.1 with TLS", streamTLS},
		{"SSE over HTTP/1.0 in cleartext", streamHTTP10},
		{"SSE over HTTP/2 in cleartext", streamH2C},
		{"SSE over HTTP/2 with TLS", streamH2},
		{"gRPC over HTTP/2 in cleartext", callPlain},
		{"gRPC over HTTP/2 with TLS", callTLS},
		{"gRPC over HTTP/1.1 in cleartext", callHTTP1},
		{"gRPC over HTTP/1.1 with TLS", callHTTP1TLS},
	} {
		if err := step(ctx, n, p.name, func(ctx context.Context) error { return p.do(ctx, s, n) }); err != nil {
			return err
		}
	}
	return nil
}

func upgradePlain(ctx context.Context, s Servers, n *Notes) error {
	c, err := dialRaw(ctx, s.Plain, "websocket", nil)
	if err != nil {
		return err
	}
	return upgrade(c, n, "websocket/ws")
}

func upgradeTLS(ctx context.Context, s Servers, n *Notes) error {
	c, err := dialRaw(ctx, s.TLS, "websocket", tlsOffering(s, "http/1.1"))
	if err != nil {
		return err
	}
	return upgrade(c, n, "websocket/wss")
}

// upgrade sends a WebSocket handshake by RFC 6455, section 4.1, and checks the response against
// section 4.2.2.
func upgrade(c *httpConn, n *Notes, fact string) error {
	defer c.close()
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails
	key := base64.StdEncoding.EncodeToString(nonce)
	resp, err := c.request(n, "GET /ws/by-hand HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Key: "+key, "Sec-WebSocket-Version: 13")
	if err != nil {
		return err
	}
	digest := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	right := resp.Header.Get("Sec-WebSocket-Accept") == base64.StdEncoding.EncodeToString(digest[:])
	words := "the Sec-WebSocket-Accept that RFC 6455 requires"
	if !right {
		words = fmt.Sprintf("Sec-WebSocket-Accept %q, which violates RFC 6455", resp.Header.Get("Sec-WebSocket-Accept"))
	}
	switched := resp.StatusCode == http.StatusSwitchingProtocols && strings.EqualFold(resp.Header.Get("Upgrade"), "websocket")
	n.Answer(fact, switched && right, "A handwritten WebSocket handshake, an HTTP/1.1 GET %s, returned status %s and %s.", c.describeTLS(), resp.Status, words)
	return nil
}
