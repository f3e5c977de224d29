package longpoll

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// A stream polls when Recv needs messages.
type stream struct {
	client   *client
	endpoint *driver.Endpoint
	http     *http.Client
	polls    httpwire.Request
	json     httpwire.Request // POSTs, by message; without a URL for none
	text     httpwire.Request
	limit    int             // of a message, in bytes
	ctx      context.Context // ends with Close
	stop     context.CancelFunc
	once     sync.Once

	position, list driver.Finder // in responses; may be nil

	cursor string
	body   bytes.Buffer // of the last response
	used   int          // bytes of body
	over   bool         // no response follows
	ended  bool         // CloseSend was called
}

func newStream(d *client, base httpwire.Request, e *driver.Endpoint) *stream {
	st := &stream{client: d, endpoint: e, polls: base, limit: cmp.Or(e.Limit, proto.MaxSize), cursor: cmp.Or(d.cursorOf(e), e.Cursor.First)}
	st.polls.SetDefault("Accept-Encoding", "identity")
	if e.Post != nil {
		st.json = base.Post(e.Post, cmp.Or(e.PostType, httpwire.JSONType))
		st.text = base.Post(e.Post, cmp.Or(e.PostType, httpwire.TextType))
	}
	if e.Cursor.Find != nil {
		st.position = e.Cursor.Find()
	}
	if e.List != nil {
		st.list = e.List()
	}
	st.http = httpwire.NewClient(d.target, http1())
	st.ctx, st.stop = context.WithCancel(context.Background())
	return st
}

func http1() *http.Protocols {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return protocols
}

// enter opens the session of a reference server.
func (st *stream) enter(ctx context.Context) error {
	r := st.polls
	r.URL = withQuery(r.URL, string(st.endpoint.Hello))
	resp, err := st.http.Do(r.NetHTTP(ctx, nil))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return check(resp, "the request for a session")
}

// check returns an error unless the status of a response is 2xx.
func check(resp *http.Response, request string) error {
	if resp.StatusCode/100 == 2 {
		return nil
	}
	sample, _ := io.ReadAll(io.LimitReader(resp.Body, httpwire.MaxSample))
	return httpwire.RefuseStatus(request, resp.StatusCode, sample, resp.Header.Get("Retry-After"))
}

func (st *stream) Recv() ([]byte, error) {
	for {
		p, ok, err := st.next()
		switch {
		case ok || err != nil:
			return p, err
		case st.over:
			return nil, io.EOF
		}
		if err := st.poll(); err != nil {
			if st.ctx.Err() != nil {
				err = net.ErrClosed
			}
			return nil, err
		}
	}
}

// next returns the next message of the last response.
func (st *stream) next() (p []byte, ok bool, err error) {
	rest := st.body.Bytes()[st.used:]
	if !st.endpoint.Lengths { // a response is one message
		st.used += len(rest)
		if st.list != nil {
			rest, _ = st.list(rest)
		}
		return rest, len(rest) > 0 && !bytes.Equal(rest, noMessages), nil
	}
	kind, p, n, err := framing.TCP{Limit: st.limit}.Next(rest)
	st.used += n
	if kind == framing.More && len(rest) > 0 && err == nil {
		err = io.ErrUnexpectedEOF
	}
	return p, kind == framing.Message, err
}

// noMessages is a response, or a list in it, without messages.
var noMessages = []byte("[]")

// poll waits for a response with messages, or without: then the next poll asks again.
func (st *stream) poll() error {
	r := st.polls
	if st.cursor != "" {
		r.URL = withQuery(r.URL, st.endpoint.Cursor.Query+"="+url.QueryEscape(st.cursor))
	}
	resp, err := st.http.Do(r.NetHTTP(st.ctx, nil))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified {
		return nil
	}
	if err := check(resp, "the poll"); err != nil {
		return err
	}
	if err := st.read(resp.Body); err != nil {
		return err
	}
	st.over = resp.Header.Get(proto.EndHeader) != ""
	st.advance(resp.Header)
	return nil
}

// maxBatch is the longest response of several messages, besides the last of them, in bytes.
const maxBatch = 1 << 20

func (st *stream) read(body io.Reader) error {
	st.body.Reset()
	st.used = 0
	most := int64(st.limit)
	if st.endpoint.Lengths {
		most += maxBatch
	}
	n, err := st.body.ReadFrom(io.LimitReader(body, most+1))
	if err == nil && n > most {
		err = framing.TooLong(st.limit)
	}
	return err
}

// advance takes the cursor of a response.
func (st *stream) advance(h http.Header) {
	c := st.endpoint.Cursor
	cursor := ""
	switch {
	case c.Header != "":
		cursor = h.Get(c.Header)
	case st.position != nil:
		found, _ := st.position(st.body.Bytes())
		cursor = string(found)
	}
	if cursor != "" {
		st.cursor = cursor
		st.client.note(st.endpoint, cursor)
	}
}

// withQuery returns a URL with more at the end of its query.
func withQuery(u *url.URL, more string) *url.URL {
	next := *u
	if next.RawQuery != "" && !strings.HasSuffix(next.RawQuery, "&") {
		next.RawQuery += "&"
	}
	next.RawQuery += more
	return &next
}

// Send posts one message and waits for the response.
func (st *stream) Send(p []byte) error {
	switch {
	case st.endpoint.Post == nil:
		return driver.ErrReceiveOnly
	case st.ended:
		return eventloop.ErrSendAfterEnd
	}
	if len(p) > 0 && (p[0] == '{' || p[0] == '[') {
		return st.post(st.json, p)
	}
	return st.post(st.text, p)
}

func (st *stream) post(r httpwire.Request, p []byte) error {
	resp, err := st.http.Do(r.NetHTTP(st.ctx, p))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := check(resp, "the POST of a message"); err != nil {
		return fmt.Errorf("%w: %w", driver.ErrMessageFailed, err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBatch)) // so that the connection can be used again
	return err
}

// CloseSend posts the end of the messages if the Endpoint has a URL for it.
func (st *stream) CloseSend() error {
	if st.ended || st.endpoint.PostEnd == nil {
		return nil
	}
	st.ended = true
	r := st.text
	r.URL = st.endpoint.PostEnd
	return st.post(r, nil)
}

// leaveTimeout bounds the request that tells a reference server that a stream is closed.
const leaveTimeout = time.Second

// Close ends a poll and a POST, and tells a reference server.
func (st *stream) Close() error {
	st.once.Do(func() {
		st.stop()
		if len(st.endpoint.Hello) > 0 {
			st.client.leaving.Go(st.leave)
		} else {
			st.http.CloseIdleConnections()
		}
	})
	return nil
}

func (st *stream) leave() {
	defer st.http.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	r := st.polls
	r.Method = http.MethodDelete
	if resp, err := st.http.Do(r.NetHTTP(ctx, nil)); err == nil {
		_ = resp.Body.Close()
	}
}
