package websocket

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"net"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto/deflate"
)

// A handshake is one that makes a connection of HTTP/1.1 a WebSocket (RFC 6455, section 4).
type handshake struct {
	request httpwire.Request
	key     string
	offered []string // subprotocols
	deflate *deflate.Params

	subprotocol string
	agreed      *deflate.Params
	rest        []byte // what came behind the answer
}

func newHandshake(r httpwire.Request, e *driver.Endpoint) *handshake {
	h := &handshake{request: r, offered: e.Subprotocols, deflate: deflateOffer(e.Deflate)}
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

// encode is the request. Names of headers are as the RFC writes them: there are servers
// that look for those.
func (h *handshake) encode() []byte {
	lines := strings.ReplaceAll(h.request.HeaderLines(), "Sec-Websocket-", "Sec-WebSocket-")
	return []byte("GET " + h.request.URL.RequestURI() + " HTTP/1.1\r\nHost: " + h.request.Host +
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + h.key +
		"\r\n" + lines + "\r\n")
}

// perform asks and takes the answer.
func (h *handshake) perform(ctx context.Context, nc net.Conn) error {
	a := httpwire.NewResponseReader(nc, 4<<10)
	var head fasthttp.ResponseHeader
	if err := a.RoundTrip(h.encode(), &head); err != nil {
		return err
	}
	if code := head.StatusCode(); code != fasthttp.StatusSwitchingProtocols {
		if to := string(head.Peek("Location")); code >= 300 && code < 400 && to != "" {
			return h.redirectError(code, to)
		}
		return httpwire.RefuseStatus("the handshake", code, a.ReadSample(ctx, httpwire.BodyLength(&head)), string(head.Peek("Retry-After")))
	}
	if err := h.check(&head); err != nil {
		return err
	}
	h.rest, _ = a.Buf.Peek(a.Buf.Buffered())
	return nil
}

// redirectError is the refusal of a redirect. The values of the place's query may be secrets.
func (h *handshake) redirectError(code int, location string) error {
	from := h.request.URL
	to, err := from.Parse(location)
	if err != nil {
		return driver.Refuse("redirect to nowhere", "it redirects (HTTP status %d) and says no place that there can be", code)
	}
	to, from = toHTTP(to), toHTTP(from)
	if to.Scheme == from.Scheme && strings.EqualFold(to.Hostname(), from.Hostname()) && httpwire.Port(to) == httpwire.Port(from) && to.RequestURI() == from.RequestURI() {
		return driver.Refuse("redirect loop", "it redirects (HTTP status %d) to the URL that was asked for", code)
	}
	return driver.Refuse("HTTP redirect", "it redirects (HTTP status %d) to %s, which is not followed; give the URL it leads to", code, httpwire.RedactURL(to))
}

// check reads what the server has agreed to (RFC 6455, section 4.1).
func (h *handshake) check(head *fasthttp.ResponseHeader) (err error) {
	const notWebSocket = "not WebSocket"
	switch {
	case !listContains(headerValues(head, "Upgrade"), "websocket"):
		return driver.Refuse(notWebSocket, "it switches protocols to %q, expected websocket", httpwire.FirstLine(head.Peek("Upgrade")))
	case !listContains(headerValues(head, "Connection"), "upgrade"):
		return driver.Refuse(notWebSocket, "its answer has Connection %q, expected Upgrade", httpwire.FirstLine(head.Peek("Connection")))
	case strings.TrimSpace(string(head.Peek("Sec-WebSocket-Accept"))) != acceptKey(h.key):
		return driver.Refuse(notWebSocket, "its Sec-WebSocket-Accept is not that of the key it was sent")
	}
	chosen := headerValues(head, "Sec-WebSocket-Protocol")
	h.subprotocol = strings.Join(chosen, ", ")
	if h.subprotocol != "" && !slices.Contains(h.offered, h.subprotocol) {
		return driver.Refuse("subprotocol refused", "it chose the subprotocol %q, which was not offered (%q)", httpwire.FirstLine([]byte(h.subprotocol)), h.offered)
	}
	h.agreed, err = deflate.Parse(strings.Join(headerValues(head, "Sec-WebSocket-Extensions"), ", "), h.deflate)
	if err != nil {
		return driver.Refuse("extension refused", "%v", err)
	}
	return nil
}

// chosen is what the server has chosen, for people.
func (h *handshake) chosen() string {
	var said []string
	if h.subprotocol != "" {
		said = append(said, "subprotocol "+h.subprotocol)
	}
	if h.agreed != nil {
		said = append(said, h.agreed.String())
	}
	return strings.Join(said, ", ")
}

// acceptKey is the answer to a key (RFC 6455, section 4.2.2).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// headerValues are those of a header that may come more than once.
func headerValues(head *fasthttp.ResponseHeader, name string) (all []string) {
	for _, v := range head.PeekAll(name) {
		all = append(all, string(v))
	}
	return all
}

// splitList are what headers list, separated by commas.
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
