package server

import (
	"time"

	"rtbench/server/guide"
)

// Config says what to serve. The zero value serves every protocol without TLS on
// free ports of 127.0.0.1.
type Config struct {
	// Host is the address to listen on; empty means 127.0.0.1.
	Host string
	// Ports gives the port of a protocol, or of "control"; those not named get a
	// free one.
	Ports map[string]int
	// TLS has every protocol serve TLS with a certificate made at start.
	TLS bool
	// Fault is what the server does wrong on every stream whose call names no
	// fault, in the text form of ParseFault; empty means nothing.
	Fault string
	// Engine says what receives on the connections of the protocols that own theirs;
	// empty means Goroutines.
	Engine Engine
	// MaxConnections is how many connections each protocol's listener may have at
	// once; more are closed as they come, and the others go on. Default 100,000.
	MaxConnections int
	// MaxStreams is how many streams each protocol that carries several on a connection
	// (gRPC, SSE over HTTP/2) may have at once, on one connection or on all: default
	// proto.DefaultStreams. A connection's own limit is told to its client (SETTINGS); a stream
	// beyond the limit of all is refused, by RESOURCE_EXHAUSTED or HTTP status 503.
	MaxStreams int
	// MaxHeader is the longest request head, over HTTP/2 the longest list of headers,
	// in bytes; default 16 KiB.
	MaxHeader int
	// HandshakeTimeout bounds what comes before the first stream of a connection: the
	// handshake of TLS, and then the first request with its body, or over HTTP/2 the
	// client's preface and settings. Default 10 s.
	HandshakeTimeout time.Duration
	// Guide bounds what clients of the guide's endpoints may do.
	Guide guide.Config
}

// An Engine is what receives on connections.
type Engine string

// The engines. Goroutines are what a Go server usually has: one a connection. Loops
// are event loops, one for every two cores, where the system has them and the
// connection is without TLS; gRPC and HTTP/2, whose libraries own the connection, have
// goroutines all the same.
const (
	Goroutines Engine = "goroutine"
	Loops      Engine = "loop"
)

// Engines lists every Engine.
var Engines = []Engine{Goroutines, Loops}
