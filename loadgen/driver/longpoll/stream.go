package longpoll

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
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
