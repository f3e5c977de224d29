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

// An http2Poster sends POSTs over a shared HTTP/2 connection, one at a time. Its methods, except close,
// belong to the goroutine that sends.
type http2Poster struct {
	client     *httpwire.SharedConn
	json, text http2Request
	conn       *http2.Conn // of st

	ctx  context.Context // ends with close
	stop context.CancelFunc
	mu   sync.Mutex
	st   *http2.Stream // nil if there is none
}

// An http2Request is a POST for JSON or text messages.
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

// post sends p and waits for the response.
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

// send sends head and p and waits for the response. It reconnects if the connection accepts no more
// streams.
func (u *http2Poster) send(head http2.Header, p []byte) error {
	for again := true; ; again = false {
		if u.st == nil || !u.conn.Usable() {
			if err := u.reconnect(); err != nil {
				return fmt.Errorf("%w: %w", driver.ErrNotSent, err)
			}
		}
		// close aborts it. A context would cost an allocation.
		response, err := u.st.Open(context.Background(), head, p, true)
		var goAway *http2.GoAway
		if again && errors.As(err, &goAway) {
			continue
		}
		if err != nil {
			return err
		}
		return u.handleResponse(response)
	}
}

func (u *http2Poster) handleResponse(response http2.Header) error {
	status, _ := strconv.Atoi(response.Get(":status"))
	body, err := u.st.Body(maxPostResponse)
	var refused error
	if isRedirect(status) {
		refused = &redirectError{status, response.Get("location")}
	} else {
		refused = checkPost(status, body)
	}
	if len(body) == maxPostResponse { // discard the rest of the body
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

// close ends the poster and aborts a POST. Any goroutine may call it, more than once.
func (u *http2Poster) close() {
	u.stop()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.st != nil {
		_ = u.st.Close()
	}
}
