package guide

import (
	"encoding/json"
	"net"
	"net/url"
	"strings"
	"time"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// Messages of the WebSocket API.
type (
	heartbeat struct {
		Type string `json:"type"`
	}
	chat struct {
		Type     string `json:"type"`
		ClientID string `json:"client_id"`
		Message  string `json:"message"`
	}
	leave struct {
		Type     string `json:"type"`
		ClientID string `json:"client_id"`
	}
	refusal struct {
		Error string `json:"error"`
	}
)

const (
	socketPrefix = "/ws/"
	// sessionPath requires a token. No chat client can have this name.
	sessionPath = "/ws/authenticated"
	maxIDLength = 128
)

// ServesSocket reports whether there is a WebSocket at path.
func ServesSocket(path string) bool {
	id, ok := clientID(path)
	return ok && id != ""
}

func clientID(path string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(path, socketPrefix)
	if !ok || strings.Contains(rest, "/") {
		return "", false
	}
	id, err := url.PathUnescape(rest)
	return id, err == nil && len(id) <= maxIDLength
}

// Framing returns the framing of the WebSocket API. It accepts text only: a binary
// message ends the connection with close code 1003.
func (g *Guide) Framing() *framing.WebSocket {
	return &framing.WebSocket{Text: true, TextOnly: true, Limit: min(g.cfg.MaxMessage, proto.MaxSize)}
}

// ServeSocket serves a WebSocket accepted at path until it ends or the server closes nc.
// conn uses nc and Framing.
func (g *Guide) ServeSocket(path string, nc net.Conn, conn *eventloop.Conn) {
	defer g.end(nc, conn)
	if path == sessionPath {
		if g.authenticate(nc, conn) {
			g.serveMember(&g.sessions, nc, conn, func(m *member, p []byte) { g.sessions.send(m, text(p)) }, func() {})
		}
		return
	}
	id, _ := clientID(path)
	g.serveMember(&g.chat, nc, conn, func(m *member, p []byte) { g.handleChat(id, m, p) }, func() { g.chat.broadcast(frame(leave{"leave", id})) })
}

// serveMember calls handle with each message of a client in room r, and left if it leaves before the
// room is closed.
func (g *Guide) serveMember(r *room, nc net.Conn, conn *eventloop.Conn, handle func(*member, []byte), left func()) {
	m := r.join(nc, conn, g.cfg.Queue, g.cfg.Patience)
	if m == nil {
		g.refuse(nc, conn, "The server is full")
		return
	}
	defer func() {
		if r.leave(m) {
			left()
		}
	}()
	for {
		p, err := conn.Recv()
		if err != nil {
			return
		}
		handle(m, p)
	}
}

// end answers the client's close frame (RFC 6455, section 5.5.1) after all other writes,
// and closes.
func (g *Guide) end(nc net.Conn, conn *eventloop.Conn) {
	_ = nc.SetWriteDeadline(time.Now().Add(g.cfg.Patience))
	_, _ = conn.CloseSend(), conn.Close()
}

// handleChat handles a chat client's message. Errors are reported to the sender, who
// stays.
func (g *Guide) handleChat(id string, m *member, p []byte) {
	var in struct {
		Type    string  `json:"type"`
		Content *string `json:"content"`
	}
	err := json.Unmarshal(p, &in)
	switch {
	case err != nil:
		g.chat.send(m, frame(refusal{"Invalid JSON"}))
	case in.Type == "ping":
		g.chat.send(m, text([]byte("pong")))
	case in.Type == "chat" && in.Content != nil:
		g.chat.broadcast(frame(chat{"chat", id, *in.Content}))
	case in.Type == "chat":
		g.chat.send(m, frame(refusal{"No content"}))
	default:
		g.chat.send(m, frame(refusal{"Unknown type"}))
	}
}

// authenticate receives a client's token and refuses an invalid one.
func (g *Guide) authenticate(nc net.Conn, conn *eventloop.Conn) bool {
	_ = nc.SetReadDeadline(time.Now().Add(g.cfg.Patience))
	p, err := conn.Recv()
	if err != nil {
		return false
	}
	var in struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(p, &in) != nil {
		in.Token = ""
	}
	if _, err := g.Tokens.User(in.Token); err != nil {
		g.refuse(nc, conn, "Unauthorized")
		return false
	}
	return nc.SetReadDeadline(time.Time{}) == nil
}

// refuse reports the reason and closes cleanly, so that it arrives.
func (g *Guide) refuse(nc net.Conn, conn *eventloop.Conn, why string) {
	_ = nc.SetWriteDeadline(time.Now().Add(g.cfg.Patience))
	if conn.SendEncoded(frame(refusal{why})) == nil {
		_ = conn.Finish(min(time.Second, g.cfg.Patience))
	}
}
