package sse

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
)

// dialTimeout bounds a reconnect in the middle of a stream.
const dialTimeout = 10 * time.Second

// A poster sends messages by POST, one at a time. Its methods, except close, belong to the goroutine
// that sends.
type poster struct {
	dial       func(context.Context) (link, error)
	json, text postRequest // by message
	end        postRequest // after the last message; without a URL for none

	ctx  context.Context // ends with close
	stop context.CancelFunc
	mu   sync.Mutex
	link link // nil if not connected; guarded by mu, except in the goroutine that sends
}

func newPoster(dial func(context.Context) (link, error), base httpwire.Request, e *driver.Endpoint) *poster {
	u := &poster{dial: dial}
	u.json.Request = base.Post(e.Post, cmp.Or(e.PostType, httpwire.JSONType))
	u.text.Request = base.Post(e.Post, cmp.Or(e.PostType, httpwire.TextType))
	if e.PostEnd != nil {
		u.end.Request = base.Post(e.PostEnd, cmp.Or(e.PostType, httpwire.TextType))
	}
	u.ctx, u.stop = context.WithCancel(context.Background())
	return u
}

// send posts a message and waits for the response.
func (u *poster) send(p []byte) error {
	if len(p) > 0 && (p[0] == '{' || p[0] == '[') {
		return u.post(&u.json, p)
	}
	return u.post(&u.text, p)
}

// finish posts the end of the messages.
func (u *poster) finish() error {
	if u.end.URL == nil {
		return nil
	}
	return u.post(&u.end, nil)
}

// post sends a request, follows redirects and checks the response. After an ErrMessageFailed the
// events continue.
func (u *poster) post(r *postRequest, p []byte) error {
	for hops := 0; ; hops++ {
		a, err := u.roundTrip(r, p)
		switch {
		case err != nil:
			return err
		case isRedirect(a.status):
			next, err := redirectedRequest(r.Request, a.status, a.location, hops)
			if err != nil {
				return fmt.Errorf("%w: %w", driver.ErrMessageFailed, err)
			}
			r = &postRequest{Request: next}
		case a.status >= 200 && a.status < 300:
			return nil
		case u.end.URL != nil && driver.SessionOver(a.status):
			return driver.ErrEnded
		default:
			return fmt.Errorf("%w: %w", driver.ErrMessageFailed, httpwire.RefuseStatus("the POST of a message", a.status, a.body, ""))
		}
	}
}

// roundTrip sends a request and waits for the response. If the connection has ended since the previous
// POST, it sends the request again over another one.
func (u *poster) roundTrip(r *postRequest, p []byte) (answer, error) {
	for {
		kept := u.link != nil && u.link.usable()
		if !kept {
			if err := u.connect(u.ctx); err != nil {
				return answer{}, fmt.Errorf("%w: %w", driver.ErrNotSent, err)
			}
		}
		a, unprocessed, err := u.link.post(r, p)
		if err == nil || !kept || !unprocessed || u.ctx.Err() != nil {
			return a, err
		}
	}
}

// connect connects; ctx and dialTimeout bound it.
func (u *poster) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	l, err := u.dial(ctx)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ctx.Err() != nil {
		if err == nil {
			_ = l.Close()
		}
		return net.ErrClosed
	}
	if err == nil {
		u.link = l
	}
	return err
}

// close ends the poster and aborts a POST. Any goroutine may call it, more than once.
func (u *poster) close() {
	u.stop()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.link != nil {
		_ = u.link.Close()
	}
}
