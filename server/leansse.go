package server

import (
	"bytes"
	"context"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rtbench/proto"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
	"rtbench/server/guide"
)

// leanSSE serves SSE over HTTP/2 with package http2.
type leanSSE struct {
	server   *Server
	sessions sessions
	streams  streamCount
}

func serveLeanSSEH2(s *Server, l net.Listener) (stop func()) {
	sv := &leanSSE{server: s, streams: streamCount{limit: int64(s.cfg.MaxStreams)}}
	return s.serveHTTP2(l, &http2.Server{
		MaxStreams: 2 * min(s.cfg.MaxStreams, math.MaxInt32/2), // each stream may have a POST in flight
		Accept:     sv.accept, Body: sv.post,
	})
}

func (sv *leanSSE) accept(st *http2.Stream) {
	if st.Complete() {
		sv.begin(st, nil, nil)
	} else {
		st.Collect()
	}
}

// begin answers a request other than a POST to a session.
func (sv *leanSSE) begin(st *http2.Stream, body []byte, err error) {
	a := sv.answer(st.Header(), body, err)
	if a.session != nil && !sv.streams.add() {
		a.session.abort()
		a = sseAnswer{status: http.StatusServiceUnavailable, text: sv.streams.limitReason()}
	}
	switch {
	case a.guide != nil:
		sv.guideEvents(st, *a.guide)
	case a.session != nil:
		sv.stream(st, a.call, a.session)
	default:
		sv.reply(st, a)
	}
}

// answer routes a request with its body.
func (sv *leanSSE) answer(h http2.Header, body []byte, err error) sseAnswer {
	path, query, _ := strings.Cut(h.Get(":path"), "?")
	return sv.server.answerSSE(&sv.sessions, h.Get(":method"), path, query,
		func() ([]byte, error) { return body, err },
		func() guide.Request {
			values, _ := url.ParseQuery(query)
			return guide.Request{Token: values.Get("token"), LastEventID: h.Get("last-event-id")}
		})
}

// Headers of responses.
var (
	eventsHeader    = http2.Header{{Name: ":status", Value: "200"}, {Name: "content-type", Value: "text/event-stream"}, {Name: "cache-control", Value: "no-cache"}}
	noContentHeader = http2.Header{{Name: ":status", Value: "204"}}
)

func (sv *leanSSE) reply(st *http2.Stream, a sseAnswer) {
	switch {
	case a.head:
		st.Reply(eventsHeader, nil)
	case a.status == http.StatusNoContent:
		st.Reply(noContentHeader, nil)
	default:
		h := http2.Header{{Name: ":status", Value: strconv.Itoa(a.status)}, {Name: "content-type", Value: "text/plain; charset=utf-8"}}
		switch a.header {
		case "":
		case "Content-Type":
			h[1].Value = a.value
		default:
			h = append(h, http2.Header{{Name: strings.ToLower(a.header), Value: a.value}}...)
		}
		text := []byte(a.text)
		if st.Header().Get(":method") == http.MethodHead {
			text = nil
		}
		st.Reply(h, text)
	}
}

// maxWaitingPosts bounds the POSTs to a session that wait for its client to read. A client
// needs one.
const maxWaitingPosts = 16

// post handles a POST: at once, or on a goroutine if it may block.
func (sv *leanSSE) post(st *http2.Stream, body []byte, err error) (done bool) {
	path, query, _ := strings.Cut(st.Header().Get(":path"), "?")
	name, rest := cutSession(query)
	if err != nil || path != proto.BenchPath || rest == "end=1" || name == "" || st.Header().Get(":method") != http.MethodPost {
		sv.begin(st, body, err)
		return false // it may be an event stream
	}
	n := sv.sessions.find(name)
	if n == nil {
		sv.reply(st, noSuchSession)
		return true
	}
	if posted, ok := n.tryPost(body); ok {
		sv.reply(st, postAnswer(posted))
		return true
	}
	if n.waiting.Add(1) > maxWaitingPosts {
		n.waiting.Add(-1)
		sv.reply(st, sseAnswer{status: http.StatusTooManyRequests, text: "the session's stream does not take more messages"})
		return true
	}
	body = bytes.Clone(body)
	sv.server.workers.Go(func() {
		defer n.waiting.Add(-1)
		sv.reply(st, postAnswer(n.post(body)))
	})
	return false
}

// stream serves the event stream of a call.
func (sv *leanSSE) stream(st *http2.Stream, call request, up *session) {
	f := &framing.SSE{Text: call.Text}
	st.Respond(eventsHeader, f)
	if call.fault == (Fault{}) && call.Pattern.Traffic().ClientSends {
		st.NeverBlock() // a POST's goroutine may receive for other clients too
		up.events = st
	}
	v := sv.server.serve(call, newHTTP2Stream(st, call, f, framedKind("sse-h2", call)))
	up.begin(v)
	sv.server.handleHTTP2(st, call, nil, leanEvents{up, sv}, v.wait)
}

// leanEvents handles the end of an event stream.
type leanEvents struct {
	*session
	service *leanSSE
}

func (e leanEvents) Ended(error) {
	e.end(io.ErrUnexpectedEOF)
	e.close()
	e.service.streams.done()
}

// guideEvents serves an event stream of the guide.
func (sv *leanSSE) guideEvents(st *http2.Stream, r guide.Request) {
	ctx := st.Context(context.Background())
	st.Respond(eventsHeader, nil)
	g := sv.server.guide
	sv.server.workers.Go(func() {
		g.ServeEvents(ctx, r, func(event []byte) error {
			defer time.AfterFunc(g.Patience(), func() { _ = st.Close() }).Stop()
			return st.SendEncoded(event)
		})
		_ = st.CloseSend()
	})
}
