package server

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"rtbench/proto"
)

// serveGorilla serves WebSockets with gorilla/websocket.
func serveGorilla(s *Server, l net.Listener) (stop func()) {
	return (&socketService{server: s, accept: acceptGorilla}).serve(l)
}

func acceptGorilla(w http.ResponseWriter, r *http.Request, text bool) (socket, error) {
	upgrader := websocket.Upgrader{}
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return nil, err
	}
	c.SetReadLimit(proto.MaxSize)
	st := &gorillaSocket{c: c, text: text, messageType: websocket.BinaryMessage}
	if text {
		st.messageType = websocket.TextMessage
	}
	return st, nil
}

type gorillaSocket struct {
	undriven
	c           *websocket.Conn
	text        bool
	messageType int
}

// Recv implements proto.Conn.
func (st *gorillaSocket) Recv() ([]byte, error) {
	t, p, err := st.c.ReadMessage()
	switch {
	case websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseNoStatusReceived):
		return nil, io.EOF
	case err == nil && isEnd(p, t == websocket.TextMessage, st.text):
		return nil, io.EOF
	}
	return p, err
}

func (st *gorillaSocket) Send(p []byte) error { return st.c.WriteMessage(st.messageType, p) }

func (st *gorillaSocket) CloseSend() error {
	return st.c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(drainTimeout))
}

func (st *gorillaSocket) CloseSent() error { return st.Close() }

func (st *gorillaSocket) Close() error { return st.c.Close() }

func (st *gorillaSocket) kind() string { return socketKind(st.text) }

func (st *gorillaSocket) encodeShared(into *sharedMessage, p []byte) (err error) {
	into.prepared, err = websocket.NewPreparedMessage(st.messageType, bytes.Clone(p))
	return err
}

func (st *gorillaSocket) sendShared(p *sharedMessage) error {
	m, _ := p.prepared.(*websocket.PreparedMessage)
	return st.c.WritePreparedMessage(m)
}
