package probe

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
)

// upgrade sends a WebSocket handshake by RFC 6455, section 4.1, and checks the response against
// section 4.2.2.
func upgrade(fact string) func(*httpConn, *Notes) error {
	return func(c *httpConn, n *Notes) error {
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
}
