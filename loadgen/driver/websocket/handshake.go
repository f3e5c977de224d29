package websocket

import (
	"context"
	"crypto/rand"
	"crypto/sha1" // required by RFC 6455, not for security
	"encoding/base64"
	"net"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto/deflate"
)

// A handshake upgrades an HTTP/1.1 connection to a WebSocket (RFC 6455, section 4).
type handshake struct {
	request httpwire.Request
	key     string
	offered []string // subprotocols
	deflate *deflate.Params
	kept    *driver.Kept

	subprotocol string
	agreed      *deflate.Params
	buffered    []byte // bytes that arrived after the response
}

func newHandshake(r httpwire.Request, e *driver.Endpoint) *handshake {
	h := &handshake{request: r, offered: e.Subprotocols, deflate: deflateOffer(e.Deflate), kept: driver.NewKept(e)}
	for _, name := range []string{"Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Extensions"} {
		r.Header.Del(name)
	}
	if len(h.offered) > 0 {
		r.Header.Set("Sec-Websocket-Protocol", strings.Join(h.offered, ", "))
	} else {
		h.offered = splitList(r.Header.Values("Sec-Websocket-Protocol")...)
	}
	if h.deflate != nil {
		r.Header.Set("Sec-Websocket-Extensions", h.deflate.Offer())
	}
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	h.key = base64.StdEncoding.EncodeToString(nonce[:])
	return h
}

func deflateOffer(d driver.Deflate) *deflate.Params {
	switch d {
	case driver.DeflateTakeover:
		return &deflate.Params{}
	case driver.DeflateNoTakeover:
		return &deflate.Params{ServerNoContext: true, ClientNoContext: true}
	}
	return nil
}

// encode returns the request. It spells header names like the RFC: some servers are case-sensitive.
func (h *handshake) encode() []byte {
	lines := strings.ReplaceAll(h.request.HeaderLines(), "Sec-Websocket-", "Sec-WebSocket-")
	return []byte("GET " + h.request.URL.RequestURI() + " HTTP/1.1\r\nHost: " + h.request.Host +
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + h.key +
		"\r\n" + lines + "\r\n")
}

// perform sends the request and checks the response.
func (h *handshake) perform(ctx context.Context, nc net.Conn) error {
	r := httpwire.NewResponseReader(nc, 4<<10)
	var head fasthttp.ResponseHeader
	if err := r.RoundTrip(h.encode(), &head); err != nil {
		return err
	}
	if code := head.StatusCode(); code != fasthttp.StatusSwitchingProtocols {
		sample := func() []byte { return r.ReadSample(ctx, httpwire.BodyLength(&head)) }
		return h.refusal(code, string(head.Peek("Location")), string(head.Peek("Retry-After")), sample)
	}
	if err := h.check(&head); err != nil {
		return err
	}
	if h.kept != nil {
		for name, value := range head.All() {
			h.kept.Note(string(name), string(value))
		}
	}
	h.buffered, _ = r.Buf.Peek(r.Buf.Buffered())
	return nil
}

// refusal returns the error for a response with another status. sample reads the start of its body.
func (h *handshake) refusal(code int, location, retryAfter string, sample func() []byte) error {
	if code >= 300 && code < 400 && location != "" {
		return h.redirectError(code, location)
	}
	return httpwire.RefuseStatus("the handshake", code, sample(), retryAfter)
}

// redirectError returns the refusal of a redirect.
func (h *handshake) redirectError(code int, location string) error {
	from := h.request.URL
	to, err := from.Parse(location)
	if err != nil {
		return driver.Refuse("redirect to nowhere", "redirect (HTTP status %d) without a valid Location", code)
	}
	to, from = toHTTP(to), toHTTP(from)
	if to.Scheme == from.Scheme && strings.EqualFold(to.Hostname(), from.Hostname()) && httpwire.Port(to) == httpwire.Port(from) && to.RequestURI() == from.RequestURI() {
		return driver.Refuse("redirect loop", "redirect (HTTP status %d) to the same URL", code)
	}
	return driver.Refuse("HTTP redirect", "redirect (HTTP status %d) to %s is not followed; use that URL", code, httpwire.RedactURL(to))
}

// check checks the response and reads the negotiated options (RFC 6455, section 4.1).
func (h *handshake) check(head *fasthttp.ResponseHeader) error {
	const notWebSocket = "not WebSocket"
	switch {
	case !listContains(headerValues(head, "Upgrade"), "websocket"):
		return driver.Refuse(notWebSocket, "the response has Upgrade %q, expected websocket", httpwire.FirstLine(head.Peek("Upgrade")))
	case !listContains(headerValues(head, "Connection"), "upgrade"):
		return driver.Refuse(notWebSocket, "the response has Connection %q, expected Upgrade", httpwire.FirstLine(head.Peek("Connection")))
	case strings.TrimSpace(string(head.Peek("Sec-WebSocket-Accept"))) != acceptKey(h.key):
		return driver.Refuse(notWebSocket, "the response has a Sec-WebSocket-Accept that does not match the key")
	}
	return h.negotiate(func(name string) []string { return headerValues(head, name) })
}

// negotiate reads the negotiated options. values returns the values of a header.
func (h *handshake) negotiate(values func(name string) []string) (err error) {
	chosen := values("Sec-WebSocket-Protocol")
	h.subprotocol = strings.Join(chosen, ", ")
	if h.subprotocol != "" && !slices.Contains(h.offered, h.subprotocol) {
		return driver.Refuse("subprotocol refused", "the server selected subprotocol %q, expected one of those offered (%q)", httpwire.FirstLine([]byte(h.subprotocol)), h.offered)
	}
	h.agreed, err = deflate.Parse(strings.Join(values("Sec-WebSocket-Extensions"), ", "), h.deflate)
	if err != nil {
		return driver.Refuse("extension refused", "%v", err)
	}
	return nil
}

// negotiated describes the negotiated options.
func (h *handshake) negotiated() string {
	var options []string
	if h.subprotocol != "" {
		options = append(options, "subprotocol "+h.subprotocol)
	}
	if h.agreed != nil {
		options = append(options, h.agreed.String())
	}
	return strings.Join(options, ", ")
}

// acceptKey returns the Sec-WebSocket-Accept for a key (RFC 6455, section 4.2.2).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// headerValues returns all values of a repeatable header.
func headerValues(head *fasthttp.ResponseHeader, name string) (all []string) {
	for _, v := range head.PeekAll(name) {
		all = append(all, string(v))
	}
	return all
}

// splitList splits comma-separated header values.
func splitList(lists ...string) (all []string) {
	for _, list := range lists {
		for w := range strings.SplitSeq(list, ",") {
			if w = strings.TrimSpace(w); w != "" {
				all = append(all, w)
			}
		}
	}
	return all
}

func listContains(lists []string, word string) bool {
	return slices.ContainsFunc(splitList(lists...), func(w string) bool { return strings.EqualFold(w, word) })
}
