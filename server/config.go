package server

import (
	"time"

	"rtbench/server/guide"
)

// Config configures a Server. The zero value serves every protocol in cleartext on free
// ports of 127.0.0.1.
type Config struct {
	// Host is the address to listen on; empty means 127.0.0.1.
	Host string
	// Ports maps a protocol, or "control", to its port. Others get a free port.
	Ports map[string]int
	// TLS serves every protocol with TLS, with a certificate made at start.
	TLS bool
	// Certificate is a file in PEM form with the certificate and its key, instead of a new one.
	Certificate string
	// Fault applies to every stream whose call names none, in the form of ParseFault;
	// empty means none.
	Fault string
	// Stack is the stack of each protocol that has it, proto.Stock for the others; empty means
	// proto.Stock.
	Stack string
	// MaxConnections limits the concurrent connections of each listener; more are closed
	// on arrival. Default 100,000.
	MaxConnections int
	// MaxStreams limits the concurrent streams of each multiplexing protocol (gRPC, SSE
	// over HTTP/2), per connection and in total. Clients learn the limit of a connection
	// (SETTINGS). Streams beyond the total are refused with RESOURCE_EXHAUSTED or HTTP
	// status 503. Default proto.DefaultStreams.
	MaxStreams int
	// MaxHeader limits a request head, or the header list over HTTP/2, in bytes. Default
	// 16 KiB.
	MaxHeader int
	// HandshakeTimeout bounds the time before a connection's first stream: the TLS
	// handshake, and after it the first request with its body or, over HTTP/2, the
	// client's preface and settings. Default 10 s.
	HandshakeTimeout time.Duration
	// Guide limits the clients of the guide API.
	Guide guide.Config
}
