package sse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto/http2"
)

// An http2Poster sends POSTs one after the other, on a connection that others share. It
// belongs to the goroutine that sends, close excepted.
type http2Poster struct {
	client     *httpwire.SharedConn
	json, text http2Request
	conn       *http2.Conn // that st is of

	ctx  context.Context // ends with close
	stop context.CancelFunc
	mu   sync.Mutex
	st   *http2.Stream // nil: there is none
}

// An http2Request is the request that carries messages of one kind.
type http2Request struct {
	httpwire.Request
	head http2.Header
}

func newHTTP2Poster(client *httpwire.SharedConn, base httpwire.Request, u *url.URL) *http2Poster {
	p := &http2Poster{client: client}
	p.json.Request, p.text.Request = base.Post(u, jsonType), base.Post(u, textType)
	p.json.head, p.text.head = p.json.Fields(), p.text.Fields()
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

// post sends p and returns when the server has answered.
func (u *http2Poster) post(p []byte) error {
	r := &u.text
	if looksLikeJSON(p) {
		r = &u.json
	}
	err := u.send(r.head, p)
	if err == nil {
		return nil
	}
	return followPostRedirects(&r.Request, err, func(next httpwire.Request) error { return u.send(next.Fields(), p) })
}

// send sends p with a head and returns when the server has answered. It connects again if the
// server takes no more streams on the connection.
func (u *http2Poster) send(head http2.Header, p []byte) error {
	for again := true; ; again = false {
		if u.st == nil || !u.conn.Usable() {
			if err := u.reconnect(); err != nil {
				return fmt.Errorf("%w: %w", driver.ErrNotSent, err)
			}
		}
		// Its end is Close: to watch a context would cost an allocation.
		answer, err := u.st.Open(context.Background(), head, p, true)
		var unseen *http2.GoAway
		if again && errors.As(err, &unseen) {
			continue
		}
		if err != nil {
			return err
		}
		return u.handleResponse(answer)
	}
}

func (u *http2Poster) handleResponse(answer http2.Header) error {
	status, _ := strconv.Atoi(answer.Get(":status"))
	body, err := u.st.Body(maxPostResponse)
	var refused error
	if isRedirect(status) {
		refused = &redirectError{status, answer.Get("location")}
	} else {
		refused = checkPost(status, body)
	}
	if len(body) == maxPostResponse { // more may come, which nobody wants
		u.mu.Lock()
		defer u.mu.Unlock()
		_ = u.st.Close()
		u.st = nil
	}
	if refused != nil {
		return refused
	}
	return err
}

func (u *http2Poster) reconnect() error {
	ctx, cancel := context.WithTimeout(u.ctx, dialTimeout)
	defer cancel()
	conn, err := u.client.Get(ctx)
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.ctx.Err() != nil:
		return net.ErrClosed
	case err != nil:
		return err
	}
	u.conn, u.st = conn, conn.NewStream(nil, nil)
	return nil
}

// close ends the poster and breaks off what it is doing. Any goroutine, any number of
// times.
func (u *http2Poster) close() {
	u.stop()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.st != nil {
		_ = u.st.Close()
	}
}
