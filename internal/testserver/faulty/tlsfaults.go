package faulty

import (
	"crypto/tls"
)

// Faults of TLS.
var tlsFaults = []row{
	{name: "TLS on a cleartext URL", over: classes{overHTTP1: "not HTTP", "sse-h2 grpc": "not HTTP/2"}, terminal: true, tls: true, wrongScheme: true},
	{name: "cleartext on a TLS URL", over: classes{overHTTP: "not TLS"}, terminal: true, wrongScheme: true, onConn: replyWith("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")},
	{name: "certificate expired", over: classes{overHTTP: "TLS: certificate expired"}, terminal: true, tls: true, tlsFault: expired},
	{name: "unknown authority", over: classes{overHTTP: "TLS: unknown authority"}, terminal: true, tls: true, tlsFault: unknownAuthority},
	{name: "wrong host name", over: classes{overHTTP: "TLS: wrong host name"}, terminal: true, tls: true, tlsFault: otherHost},
	{name: "client certificate required", over: classes{overHTTP: "TLS: handshake refused"}, terminal: true, tls: true, tlsFault: requireClientCert},
	{name: "only TLS 1.0", over: classes{overHTTP: "TLS: handshake refused"}, terminal: true, tls: true, tlsFault: tls10},
	{name: "handshake never finishes", over: classes{overHTTP: "timeout"}, terminal: true, wrongScheme: true, onConn: (*conn).drain},
	{name: "handshake stalls", over: classes{overHTTP: "timeout"}, terminal: true, wrongScheme: true, onConn: replyPartially("\x16\x03\x03\x00\x7a\x02\x00\x00")},
	{name: "no ALPN", over: classes{"sse-h2": "no HTTP/2 (ALPN)", "grpc": "TLS: no ALPN protocol in common"}, terminal: true, tls: true, tlsFault: noALPN},
}

func expired(c *tls.Config, a *testCertificates) { c.Certificates = []tls.Certificate{a.expired} }

func unknownAuthority(c *tls.Config, a *testCertificates) {
	c.Certificates = []tls.Certificate{a.unknownAuthority}
}

func otherHost(c *tls.Config, a *testCertificates) { c.Certificates = []tls.Certificate{a.wrongHost} }

func noALPN(c *tls.Config, _ *testCertificates) { c.NextProtos = nil }

func requireClientCert(c *tls.Config, a *testCertificates) {
	c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, a.pool
}

func tls10(c *tls.Config, _ *testCertificates) {
	c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10
}
