package faulty

import (
	"crypto/tls"
)

// Faults of TLS.
var tlsFaults = []row{
	{overHTTP1, "TLS on a cleartext URL", "not HTTP", true, behavior{tls: true, wrongScheme: true}},
	{"sse-h2", "TLS on a cleartext URL", "connection closed by the server", true, behavior{tls: true, wrongScheme: true}},
	{grpcOnly, "TLS on a cleartext URL", "not HTTP/2", true, behavior{tls: true, wrongScheme: true}},
	{overHTTP, "cleartext on a TLS URL", "not TLS", true, behavior{wrongScheme: true, onConn: replyWith("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")}},
	{overHTTP, "certificate expired", "TLS: certificate expired", true, behavior{tls: true, tlsFault: expired}},
	{overHTTP, "unknown authority", "TLS: unknown authority", true, behavior{tls: true, tlsFault: unknownAuthority}},
	{overHTTP, "wrong host name", "TLS: wrong host name", true, behavior{tls: true, tlsFault: otherHost}},
	{overHTTP, "client certificate required", "TLS: handshake refused", true, behavior{tls: true, tlsFault: requireClientCert}},
	{overHTTP, "only TLS 1.0", "TLS: handshake refused", true, behavior{tls: true, tlsFault: tls10}},
	{overHTTP, "handshake never finishes", "timeout", true, behavior{wrongScheme: true, onConn: neverReply}},
	{overHTTP, "handshake stalls", "timeout", true, behavior{wrongScheme: true, onConn: replyPartially("\x16\x03\x03\x00\x7a\x02\x00\x00")}},
	{"sse-h2", "no ALPN", "no HTTP/2 (ALPN)", true, behavior{tls: true, tlsFault: noALPN}},
	{grpcOnly, "no ALPN", "TLS: no ALPN protocol in common", true, behavior{tls: true, tlsFault: noALPN}},
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
