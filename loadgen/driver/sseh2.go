package driver

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"sync"

	"rtbench/proto"
	"rtbench/proto/wire"
)

// sseH2Driver speaks SSE over one connection of HTTP/2, events and POSTs alike.
type sseH2Driver struct {
	target    Target
	transport *http.Transport
}

func newSSEH2(t Target) Driver {
	var protocols http.Protocols
	tr := &http.Transport{Protocols: &protocols, DisableCompression: true, MaxConnsPerHost: 1}
	if t.TLS == nil {
		protocols.SetUnencryptedHTTP2(true)
	} else {
		protocols.SetHTTP2(true)
		tr.TLSClientConfig = t.tlsFor("h2")
	}
	if t.Dial != nil {
		tr.DialContext = t.Dial
	}
	return &sseH2Driver{target: t, transport: tr}
}

func (d *sseH2Driver) url(query string) string {
	scheme := "http://"
	if d.target.TLS != nil {
		scheme = "https://"
	}
	return scheme + d.target.Address + benchPath + "?" + query
}

func (d *sseH2Driver) Open(ctx context.Context, c proto.Call) (Stream, error) {
	session := "session=" + rand.Text()
	open, cancel := context.WithCancel(context.Background())
	stop := context.AfterFunc(ctx, cancel)
	resp, err := d.do(open, http.MethodGet, session+"&"+c.Encode(), nil)
	if err == nil {
		if err = checkEventStream(resp.StatusCode, resp.Header.Get("Content-Type"), resp.Body); err != nil {
			_ = resp.Body.Close()
		}
	}
	if !stop() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return &h2Stream{
		Reader: wire.NewReader(resp.Body, &wire.SSE{Text: c.Text}, nil, nil),
		driver: d, session: session, ctx: open, cancel: cancel, body: resp.Body,
	}, nil
}

func (d *sseH2Driver) do(ctx context.Context, method, query string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, d.url(query), body)
	if err != nil {
		return nil, err
	}
	return d.transport.RoundTrip(req)
}

func (d *sseH2Driver) Close() error {
	d.transport.CloseIdleConnections()
	return nil
}

type h2Stream struct {
	*wire.Reader
	driver  *sseH2Driver
	session string
	ctx     context.Context // of the stream's requests; Close ends it
	cancel  context.CancelFunc
	body    io.Closer
	once    sync.Once
	up      bytes.Reader
	ended   bool
}

// Send posts one message and returns when the server has answered.
func (st *h2Stream) Send(p []byte) error {
	if st.ended {
		return wire.ErrSendAfterEnd
	}
	return st.post(st.session, p)
}

func (st *h2Stream) post(query string, p []byte) error {
	st.up.Reset(p)
	resp, err := st.driver.do(st.ctx, http.MethodPost, query, &st.up)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		reason, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
		return fmt.Errorf("the POST of a message was answered with HTTP status %d: %s", resp.StatusCode, lastLine(reason))
	}
	return nil
}

// CloseSend tells the server that no more is posted.
func (st *h2Stream) CloseSend() error {
	if st.ended {
		return nil
	}
	st.ended = true
	return st.post(st.session+"&end=1", nil)
}

func (st *h2Stream) Close() error {
	st.once.Do(func() {
		st.cancel()
		_ = st.body.Close()
	})
	return nil
}
