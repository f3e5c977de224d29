package server

import (
	"errors"
	"net/http"
	"strings"

	"rtbench/proto"
	"rtbench/proto/framing"
	"rtbench/server/guide"
)

const noSuchPath = "no such path; expected " + proto.BenchPath + ", /ws/CLIENT, /ws/authenticated (WebSocket), /stream and /stream/user (SSE)"

// Methods of the event streams' paths. HEAD is GET without the body (RFC 9110, section
// 9.3.2) and opens no stream.
const (
	guideMethods = "GET, HEAD"
	benchMethods = "GET, HEAD, POST"
)

// An sseAnswer answers a request, over any version of HTTP: with the events of a call or of the guide,
// with their header, or with a text.
type sseAnswer struct {
	call    request
	session *session       // of the call; nil for none
	guide   *guide.Request // nil for none
	head    bool

	status        int // 0 unless a text, which may be empty
	text          string
	header, value string // a further header, if not empty
}

// answerSSE routes a request. body reads the body of a POST, guideRequest what the guide's streams need.
func (s *Server) answerSSE(in *sessions, method, path, query string, body func() ([]byte, error), guideRequest func() guide.Request) sseAnswer {
	isGuide, methods := guide.ServesEvents(path), benchMethods
	if isGuide {
		methods = guideMethods
	}
	name, query := cutSession(query)
	head := method == http.MethodHead
	switch {
	case path != proto.BenchPath && !isGuide:
		return sseAnswer{status: http.StatusNotFound, text: noSuchPath}
	case method == http.MethodPost && !isGuide && (name != "" || !asks(query)):
		b, err := body()
		switch {
		case errors.Is(err, framing.ErrTooLong):
			return sseAnswer{status: http.StatusRequestEntityTooLarge, text: err.Error()}
		case err != nil:
			return sseAnswer{status: http.StatusBadRequest, text: err.Error()}
		}
		return s.upstream(in, name, query == "end=1", b)
	case method == http.MethodPost && !isGuide: // a request, which is the call; its body is read
		if _, err := body(); err != nil {
			return sseAnswer{status: http.StatusBadRequest, text: err.Error()}
		}
	case method != http.MethodGet && !head:
		return sseAnswer{status: http.StatusMethodNotAllowed, text: "expected " + methods, header: "Allow", value: methods}
	case isGuide:
		r := guideRequest()
		if r.User = path == guide.UserPath; r.User && r.Token == "" {
			return sseAnswer{status: http.StatusOK, text: guide.TokenRequired, header: "Content-Type", value: "application/json"}
		}
		if !head {
			return sseAnswer{guide: &r}
		}
		return sseAnswer{head: true}
	}
	call, err := s.parseRequest(query)
	if err != nil {
		return sseAnswer{status: statusOf(err), text: err.Error()}
	}
	if head {
		return sseAnswer{head: true}
	}
	up := in.open(name)
	if up == nil {
		return sseAnswer{status: http.StatusConflict, text: "the session is already open"}
	}
	return sseAnswer{call: call, session: up}
}

// asks reports whether a query is a call that its request asks to answer.
func asks(query string) bool {
	call, err := proto.ParseCall(query)
	return err == nil && call.Direct && call.Pattern.Traffic().Asked
}

// cutSession cuts session=NAME from the start of a query.
func cutSession(query string) (name, rest string) {
	first, rest, _ := strings.Cut(query, "&")
	name, ok := strings.CutPrefix(first, "session=")
	if !ok {
		return "", query
	}
	return name, rest
}
