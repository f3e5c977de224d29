package faulty

import "google.golang.org/grpc/codes"

// What HTTP answers in place of a stream.
var answers = []row{
	{asked, "204", "HTTP status 204", true, how{answer: status(204)}},
	{"websocket", "200 without upgrade", "HTTP status 200", true, how{answer: status(200)}},
	{sse, "200 of another content type", "wrong content type", true, how{answer: status(200, "Content-Type: text/html")}},
	{calls, "200 of another content type", "wrong content type", true, how{answer: status(200, "Content-Type: text/html")}},
	{asked, "redirects to itself", "redirect loop", true, how{answer: loop}},
	{"websocket", "redirects to another host", "HTTP redirect", true, how{answer: status(302, "Location: https://elsewhere.invalid/")}},
	{sse, "redirects to another host", "redirect to another host", true, how{answer: status(302, "Location: https://elsewhere.invalid/")}},
	{asked, "401", "HTTP status 401", true, how{answer: status(401, `WWW-Authenticate: Bearer realm="faulty"`)}},
	{calls, "401", "HTTP status 401", true, how{answer: status(401, `WWW-Authenticate: Bearer realm="faulty"`)}},
	{asked, "403", "HTTP status 403", true, how{answer: status(403)}},
	{calls, "403", "HTTP status 403", true, how{answer: status(403)}},
	{asked, "404", "HTTP status 404", true, how{answer: status(404)}},
	{calls, "404", "HTTP status 404", true, how{answer: status(404)}},
	{asked, "429", "HTTP status 429", true, how{answer: status(429, "Retry-After: 1")}},
	{calls, "429", "HTTP status 429", true, how{answer: status(429, "Retry-After: 1")}},
	{asked, "500", "HTTP status 500", true, how{answer: status(500)}},
	{calls, "500", "HTTP status 500", true, how{answer: status(500)}},
	{asked, "502 of a proxy", "HTTP status 502", true, how{answer: status(502, "Content-Type: text/html")}},
	{calls, "502 of a proxy", "HTTP status 502", true, how{answer: status(502, "Content-Type: text/html")}},
	{asked, "503", "HTTP status 503", true, how{answer: status(503)}},
	{calls, "503", "HTTP status 503", true, how{answer: status(503)}},
	{overHTTP, "takes the request and never answers", "timeout", true, how{answer: mute}},
	{"websocket", "header without end", "HTTP header too long", true, how{answer: endlessHeader("HTTP/1.1 101 Switching Protocols\r\n")}},
	{"sse", "header without end", "HTTP header too long", true, how{answer: endlessHeader("HTTP/1.1 200 OK\r\n")}},
	{"sse-h2", "header of 1 MiB", "HTTP header too long", true, how{answer: hugeHeader}},
	{calls, "header of 1 MiB", "", false, how{answer: hugeHeader}}, // of grpc-go the limit is 16
	{"websocket", "wrong Sec-WebSocket-Accept", "not WebSocket", true, how{answer: wrongAccept}},
	{"websocket", "subprotocol that was not offered", "subprotocol refused", true, how{answer: foreignSubprotocol}},
	{"websocket", "extension that was not offered", "extension refused", true, how{answer: foreignExtension}},
	{"sse", "status line of nonsense", "malformed HTTP", true, how{answer: hijackedAnswer("HTTP/1.1 two hundred\r\n\r\n")}},
	{"sse", "says how long it is and ends early", "connection closed by the server", true, how{answer: hijackedAnswer("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000\r\n\r\ndata: half a mess")}},
	{sse, "compresses unasked", "unasked content encoding", true, how{answer: unasked}},
}

// What is done with messages while streams stay whole.
var messages = []row{
	{all, "loses every tenth", "", false, how{deed: each(lose)}},
	{all, "sends every tenth twice", "", false, how{deed: each(duplicate)}},
	{all, "swaps every tenth with the next", "", false, how{deed: swap}},
	{all, "changes a byte of every tenth", "", false, how{deed: each(corrupt)}},
	{all, "sends all twice", "", false, how{deed: duplicate}},
	{all, "sends one late", "", false, how{deed: late}},
	{echoes, "stalls in the middle", "", false, how{deed: after(stalls(Stall))}},
	{sse, "stalls in the middle", "", false, how{deed: after(stalls(EventStall))}},
	{echoes, "answers every tenth with an error", "", false, how{deed: each(busy)}},
	{echoes, "sends a notice before every tenth", "", false, how{deed: each(chat)}},
	{echoes, "sends all to everybody", "", false, how{deed: broadcast}},
}

// How streams end after N messages.
var endings = []row{
	{plain, "cuts after N", "connection closed by the server", false, how{deed: after(cuts)}},
	{calls, "cuts after N", "gRPC Unavailable: connection closed by the server", false, how{deed: after(cuts)}},
	{plain, "resets after N", "connection reset", false, how{deed: after(resetsConn)}},
	{calls, "resets after N", "gRPC Unavailable: connection reset", false, how{deed: after(resetsConn)}},
	{all, "ends in order after N", "", false, how{deed: after(ends(ending{code: 1000}))}},
	{"websocket", "closes with 1001", "", false, how{deed: after(ends(ending{code: 1001, why: "going away"}))}},
	{"websocket", "closes with 1008", "closed by the server: 1008 policy violation", false, how{deed: after(ends(ending{code: 1008, why: "not like this"}))}},
	{"websocket", "closes with 1011", "closed by the server: 1011 internal error", false, how{deed: after(ends(ending{code: 1011, why: "out of order"}))}},
	{"websocket", "closes with 1012", "closed by the server: 1012 service restart", false, how{deed: after(ends(ending{code: 1012, why: "restarting"}))}},
	{"websocket", "closes with 1013", "closed by the server: 1013 try again later", false, how{deed: after(ends(ending{code: 1013, why: "later"}))}},
	{"websocket", "closes with 3000", "closed by the server: 3000", false, how{deed: after(ends(ending{code: 3000}))}},
	{"websocket", "closes with 4001", "closed by the server: 4001", false, how{deed: after(ends(ending{code: 4001, why: "session over"}))}},
	{calls, "ends with ABORTED after N", "gRPC Aborted", false, how{deed: after(ends(ending{status: codes.Aborted, why: "enough"}))}},
}

// tokenSpent is how a stream ends whose token has run out.
var tokenSpent = ending{code: 4401, status: codes.Unauthenticated, why: "token expired"}
