package faulty

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
	"github.com/gobwas/ws/wsutil"
)

// A hijacked connection includes the bytes buffered before.
type hijacked struct {
	net.Conn
	r *bufio.Reader
}

// acceptKey returns the Sec-WebSocket-Accept for a key (RFC 6455, section 4.2.2).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// serveWebSocket upgrades the connection and chooses the first offered subprotocol.
func (x *exchange) serveWebSocket() {
	var lines []string
	if offered, _, _ := strings.Cut(x.r.Header.Get("Sec-WebSocket-Protocol"), ","); offered != "" {
		lines = append(lines, "Sec-WebSocket-Protocol: "+strings.TrimSpace(offered))
	}
	if x.s.Fault.Deflate && strings.Contains(x.r.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate") {
		lines = append(lines, "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover")
	}
	x.upgrade(acceptKey(x.r.Header.Get("Sec-WebSocket-Key")), lines...)
}

// upgrade responds with 101 and extra header lines, and serves the WebSocket.
func (x *exchange) upgrade(accept string, lines ...string) {
	if !strings.EqualFold(x.r.Header.Get("Upgrade"), "websocket") {
		x.w.Header().Set("Upgrade", "websocket")
		x.w.Header().Set("Sec-WebSocket-Version", "13")
		http.Error(x.w, "expected a WebSocket handshake", http.StatusUpgradeRequired)
		return
	}
	h, err := x.hijack()
	if err != nil {
		return
	}
	lines = append([]string{
		"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + accept,
	}, lines...)
	if _, err := io.WriteString(h, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		_ = h.Close()
		return
	}
	st := &stream{c: x.c, token: x.token}
	st.transport = &websocketTransport{hijacked: h, st: st}
	x.s.serveStream(st, x.requestLine())
	closeGracefully(h.Conn)
}

// A websocketTransport is the server's end of a WebSocket.
type websocketTransport struct {
	*hijacked
	st *stream
	op atomic.Uint32 // opcode of the last message, used for replies
}

// next reads the frames of a message and answers control frames.
func (k *websocketTransport) next() ([]byte, error) {
	frames := wsutil.Reader{Source: k.r, State: ws.StateServerSide, SkipHeaderCheck: true, OnIntermediate: k.control}
	for {
		h, err := frames.NextFrame()
		if err == nil && h.OpCode.IsControl() {
			if err = k.control(h, &frames); err == nil {
				continue
			}
		}
		if err != nil {
			return nil, err
		}
		k.op.Store(uint32(h.OpCode))
		p, err := io.ReadAll(io.LimitReader(&frames, maxMessage+1))
		if err == nil && len(p) > maxMessage {
			err = errTooLong
		}
		if err == nil && h.Rsv1() {
			p, err = wsflate.DefaultHelper.Decompress(p)
		}
		return p, err
	}
}

// control answers a ping or a close, which ends the stream.
func (k *websocketTransport) control(h ws.Header, r io.Reader) error {
	p, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	switch h.OpCode {
	case ws.OpPing:
		return k.raw(ws.MustCompileFrame(ws.NewPongFrame(p)))
	case ws.OpClose:
		if k.st.c.s.Fault.ignoreClose {
			k.st.faultOnly()
			_, err := io.Copy(io.Discard, k.r)
			return errors.Join(err, errEnded)
		}
		k.st.flush()
		_ = k.raw(ws.MustCompileFrame(ws.NewCloseFrame(p)))
		return io.EOF
	default:
		return nil
	}
}

func (k *websocketTransport) message(_ int, p []byte) error {
	op := ws.OpCode(k.op.Load())
	if op == 0 {
		op = ws.OpText // a broadcast before the first message
	}
	if f := k.st.c.s.Fault.encodeFrame; f != nil {
		return k.raw(f(op, p))
	}
	return k.raw(ws.MustCompileFrame(ws.NewFrame(op, true, p)))
}

func (k *websocketTransport) raw(b []byte) error {
	_, err := k.Write(b)
	return err
}

func (k *websocketTransport) close(e ending) error {
	return k.raw(ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(e.code), e.why))))
}

func deflate(p []byte) []byte {
	p, _ = wsflate.DefaultHelper.Compress(p) // writes to a buffer do not fail
	return p
}
