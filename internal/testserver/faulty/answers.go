package faulty

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// What is answered to a request in place of what was asked for.

// status answers with a status, headers (each "Name: value") and a line of text.
func status(code int, headers ...string) func(*exchange) {
	return func(x *exchange) {
		x.fault()
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			x.w.Header().Set(name, value)
		}
		if code == http.StatusNoContent {
			x.w.WriteHeader(code)
			return
		}
		if x.w.Header().Get("Content-Type") == "" {
			x.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		}
		x.w.WriteHeader(code)
		_, _ = fmt.Fprintf(x.w, "%s: %s\n", http.StatusText(code), x.s.Fault.Name)
	}
}

// loop redirects to the address that was asked for.
func loop(x *exchange) {
	x.fault()
	x.w.Header().Set("Location", x.r.URL.RequestURI())
	x.w.WriteHeader(http.StatusMovedPermanently)
}

// mute never answers a request.
func mute(x *exchange) {
	x.fault()
	x.gone()
}

// endlessHeader answers with a status and header lines without end.
func endlessHeader(first string) func(*exchange) {
	return func(x *exchange) {
		x.fault()
		h, err := x.hijack()
		if err != nil {
			return
		}
		defer func() { _ = h.Close() }()
		_, err = io.WriteString(h, first)
		for line := "X-Filler: " + strings.Repeat("a", 1000) + "\r\n"; err == nil; {
			_, err = io.WriteString(h, line)
		}
	}
}

// hugeHeader answers soundly but for a header of 1 MiB.
func hugeHeader(x *exchange) {
	x.fault()
	x.w.Header().Set("X-Filler", strings.Repeat("a", 1<<20))
	x.serve()
}

// hijackedAnswer sends a text in place of an answer and closes.
func hijackedAnswer(text string) func(*exchange) {
	return func(x *exchange) {
		x.fault()
		h, err := x.hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(h, text)
		part(h.Conn)
	}
}

// unasked serves events that are compressed although nobody asked for it.
func unasked(x *exchange) {
	if x.r.Method == http.MethodPost {
		x.serve()
		return
	}
	x.fault()
	x.w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(x.w)
	x.pushEvents(z, z.Flush)
}

// tokens serves those whose bearer token is good-SOMETHING and has not been used up, by
// spend.
func tokens(x *exchange) {
	x.token = strings.TrimPrefix(x.r.Header.Get("Authorization"), "Bearer ")
	x.s.mu.Lock()
	spent := x.s.spent[x.token]
	x.s.mu.Unlock()
	x.s.ledger.count(func(l *Ledger) {
		if l.Tokens == nil {
			l.Tokens = map[string]int{}
		}
		l.Tokens[x.token]++
	})
	switch {
	case strings.HasPrefix(x.token, "good-") && spent < N:
		x.serve()
	case x.s.Fault.Protocol == "grpc":
		unauthenticated(x)
	default:
		status(http.StatusUnauthorized, `WWW-Authenticate: Bearer error="invalid_token"`)(x)
	}
}

// spend counts a message to the token of its stream, and ends the stream with the last.
func spend(st *stream, m message) error {
	err := pass(st, m)
	s := st.c.s
	s.mu.Lock()
	s.spent[st.token]++
	over := s.spent[st.token] >= N
	s.mu.Unlock()
	if err != nil || !over {
		return err
	}
	st.faultOnly()
	return ends(tokenSpent)(st)
}
