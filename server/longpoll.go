package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"rtbench/proto"
	"rtbench/proto/framing"
)

// pollService serves long polling with net/http:
//
//	GET /bench?session=NAME&CALL      opens a stream
//	GET /bench?session=NAME&after=N   waits for messages, which acknowledges the first N
//	POST /bench?session=NAME          sends a message, and with &end=1 ends the client's messages
//	DELETE /bench?session=NAME        leaves
//
// A response has its messages, each with its length (4 bytes), their last number as proto.CursorHeader, and
// proto.EndHeader if there will be no more. A client that does not poll for pollGrace has left.
type pollService struct {
	server   *Server
	sessions sessions
	polled   sync.Map // *polled by the name of its session
}

const (
	pollGrace = 10 * time.Second
	// holdFor is how long a poll waits for messages, less than proxies do; it is then answered with 204.
	holdFor = 25 * time.Second
)

func serveLongPoll(s *Server, l net.Listener) (stop func()) {
	sv := &pollService{server: s}
	h := &http.Server{Handler: sv, ReadHeaderTimeout: s.cfg.HandshakeTimeout, MaxHeaderBytes: s.cfg.MaxHeader, ErrorLog: discardLog}
	shut := serveHTTP(h, s.secure(l, "http/1.1"))
	return func() {
		shut()
		sv.polled.Range(func(_, v any) bool {
			v.(*polled).leave()
			return true
		})
	}
}

// polled is a stream and its session.
type polled struct {
	*pollStream
	service *pollService
	up      *session
	wait    func() // for the end of the exchange
	timer   *time.Timer
	once    sync.Once
}

// leave ends the exchange, as the client has gone, and forgets it.
func (p *polled) leave() {
	p.once.Do(func() {
		p.timer.Stop()
		p.service.polled.Delete(p.up.name)
		p.service.server.workers.Go(func() {
			p.up.end(io.ErrUnexpectedEOF)
			p.up.close()
			p.wait()
		})
	})
}

// ServeHTTP implements http.Handler.
func (sv *pollService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, query := cutSession(r.URL.RawQuery)
	after, polls := strings.CutPrefix(query, "after=")
	switch {
	case r.URL.Path != proto.BenchPath:
		http.Error(w, noSuchPath, http.StatusNotFound)
	case name == "":
		http.Error(w, "expected session=NAME first in the query", http.StatusBadRequest)
	case r.Method == http.MethodPost:
		sv.post(w, r, name, query == "end=1")
	case r.Method == http.MethodDelete, r.Method == http.MethodGet && polls:
		sv.poll(w, r, name, after)
	case r.Method == http.MethodGet:
		sv.open(w, name, query)
	default:
		w.Header().Set("Allow", "GET, POST, DELETE")
		http.Error(w, "expected GET, POST, DELETE", http.StatusMethodNotAllowed)
	}
}

func (sv *pollService) open(w http.ResponseWriter, name, query string) {
	call, err := sv.server.parseRequest(query)
	if err != nil {
		http.Error(w, err.Error(), statusOf(err))
		return
	}
	up := sv.sessions.open(name)
	if up == nil {
		http.Error(w, "the session is already open", http.StatusConflict)
		return
	}
	p := &polled{pollStream: newPollStream(call), service: sv, up: up}
	v := sv.server.serve(call, p.pollStream)
	p.wait, p.timer = v.wait, time.AfterFunc(pollGrace, p.leave)
	sv.polled.Store(name, p)
	up.begin(v)
	if sv.server.ctx.Err() != nil {
		p.leave() // the server may have ended the others already
	}
}

func (sv *pollService) post(w http.ResponseWriter, r *http.Request, name string, end bool) {
	b, _ := bodies.Get().(*body)
	defer bodies.Put(b)
	p, err := b.read(r.Body)
	a := sseAnswer{status: http.StatusBadRequest}
	switch {
	case errors.Is(err, framing.ErrTooLong):
		a = sseAnswer{status: http.StatusRequestEntityTooLarge, text: err.Error()}
	case err == nil:
		a = sv.server.upstream(&sv.sessions, name, end, p)
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.text)
}

// poll answers a poll, or a DELETE.
func (sv *pollService) poll(w http.ResponseWriter, r *http.Request, name, after string) {
	v, _ := sv.polled.Load(name)
	p, ok := v.(*polled)
	n, err := strconv.ParseUint(after, 10, 64)
	switch {
	case !ok:
		http.Error(w, noSuchSession.text, noSuchSession.status)
	case r.Method == http.MethodDelete:
		p.leave()
	case err != nil:
		http.Error(w, errWrongCursor.Error(), http.StatusBadRequest)
	default:
		p.answer(w, r, n)
	}
}

func (p *polled) answer(w http.ResponseWriter, r *http.Request, after uint64) {
	p.polling.Lock()
	defer p.polling.Unlock()
	p.timer.Stop()
	defer p.timer.Reset(pollGrace)
	ctx, cancel := context.WithTimeout(r.Context(), holdFor)
	defer cancel()
	messages, cursor, ended, err := p.poll(ctx, after)
	h := w.Header()
	switch {
	case errors.Is(err, errWrongCursor):
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	case err != nil:
		http.Error(w, "the stream has been closed", http.StatusGone)
		return
	case ended:
		h.Set(proto.EndHeader, "1")
	case len(messages) == 0:
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h.Set(proto.CursorHeader, strconv.FormatUint(cursor, 10))
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(messages)))
	_, _ = w.Write(messages)
}
