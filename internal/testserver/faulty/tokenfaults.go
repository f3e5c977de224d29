package faulty

import (
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"
)

// A token is valid for N messages, over any number of connections.
var tokenFaults = []row{
	{name: "token runs out", over: classes{"websocket": "closed by the server: 4401", sseBoth: "ended by the server", "grpc": "gRPC Unauthenticated"}, respond: requireToken, onMessage: spendToken},
}

// expiredToken ends a stream whose token has run out.
var expiredToken = ending{code: 4401, status: codes.Unauthenticated, why: "token expired"}

// requireToken serves clients whose bearer token starts with "good-" and is not yet used up.
func requireToken(x *exchange) {
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
		respondStatus(http.StatusUnauthorized, `WWW-Authenticate: Bearer error="invalid_token"`)(x)
	}
}

// spendToken charges a message to the stream's token and ends the stream with the token's last
// message.
func spendToken(st *stream, m message) error {
	err := forward(st, m)
	s := st.c.s
	s.mu.Lock()
	s.spent[st.token]++
	over := s.spent[st.token] >= N
	s.mu.Unlock()
	if err != nil || !over {
		return err
	}
	st.faultOnly()
	return end(expiredToken)(st)
}
