package driver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"

	"rtbench/proto/wire"
)

// An http2Poster sends POSTs one after the other, on a connection that others share. It
// belongs to the goroutine that sends, close excepted.
type http2Poster struct {
	client     *http2Client
	json, text wire.Header
	conn       *wire.HTTP2 // that st is of

	ctx  context.Context // ends with close
	stop context.CancelFunc
	mu   sync.Mutex
	st   *wire.HTTP2Stream // nil: there is none
}

func newHTTP2Poster(client *http2Client, base ownRequest, u *url.URL) *http2Poster {
	p := &http2Poster{client: client}
	p.json, p.text = base.post(u, jsonType).fields(), base.post(u, textType).fields()
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

// post sends p and returns when the server has answered. The connection is another where
// the server takes no more on the one before.
func (u *http2Poster) post(p []byte) error {
	head := u.text
	if isJSON(p) {
		head = u.json
	}
	for again := true; ; again = false {
		if u.st == nil || !u.conn.Usable() {
			if err := u.reopen(); err != nil {
				return fmt.Errorf("%w: %w", ErrNotSent, err)
			}
		}
		// Its end is Close: to watch a context would cost an allocation.
		answer, err := u.st.Open(context.Background(), head, p, true)
		var unseen *wire.GoAway
		if again && errors.As(err, &unseen) {
			continue
		}
		if err != nil {
			return err
		}
		return u.answered(answer)
	}
}

func (u *http2Poster) answered(answer wire.Header) error {
	status, _ := strconv.Atoi(answer.Get(":status"))
	body, err := u.st.Body(maxPostAnswer)
	refused := checkPost(status, body)
	if len(body) == maxPostAnswer { // more may come, which nobody wants
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

func (u *http2Poster) reopen() error {
	ctx, cancel := context.WithTimeout(u.ctx, dialBound)
	defer cancel()
	conn, err := u.client.conn(ctx)
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
