package driver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Classes of TLS errors.
const (
	tlsAuthority = "TLS: unknown authority"
	tlsExpired   = "TLS: certificate expired"
	tlsHost      = "TLS: wrong host name"
	tlsInvalid   = "TLS: certificate not valid"
	tlsRefused   = "TLS: handshake refused"
	TLSNoALPN    = "TLS: no ALPN protocol in common"
	notTLS       = "not TLS"
)

// TLSClass returns the class of a TLS error, empty for other errors. It matches types, or the text
// if the type is not available: alerts have no exported type, and grpc-go turns every error into
// status Unavailable.
func TLSClass(err error) string {
	var (
		authority x509.UnknownAuthorityError
		roots     x509.SystemRootsError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		op        *net.OpError
	)
	switch {
	case errors.As(err, &authority), errors.As(err, &roots):
		return tlsAuthority
	case errors.As(err, &host):
		return tlsHost
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return tlsExpired
	case errors.As(err, &invalid), errors.As(err, &verify):
		return tlsInvalid
	case errors.As(err, &record):
		return notTLS
	case errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"):
		return textClass(op.Err.Error())
	}
	if status.Code(err) == codes.Unavailable {
		return textClass(err.Error())
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.HasPrefix(e.Error(), "tls: ") {
			return textClass(e.Error())
		}
	}
	return ""
}

// tlsTexts maps texts of crypto/tls and crypto/x509 to classes, the most specific first.
var tlsTexts = []struct{ has, class string }{
	{"certificate signed by unknown authority", tlsAuthority},
	{"certificate is not trusted", tlsAuthority},
	{"x509: certificate has expired", tlsExpired},
	{"x509: certificate is valid for", tlsHost},
	{"x509: certificate is not valid for any names", tlsHost},
	{"x509: cannot validate certificate for", tlsHost},
	{"x509: ", tlsInvalid},
	{"first record does not look like a TLS handshake", notTLS},
	{"tls: no application protocol", TLSNoALPN},
	{"tls: server selected unadvertised ALPN protocol", TLSNoALPN},
	{"missing selected ALPN property", TLSNoALPN},
	{"tls: failed to verify certificate", tlsInvalid},
	{"remote error: tls: ", tlsRefused},
	{"tls: ", tlsRefused},
}

func textClass(text string) string {
	for _, t := range tlsTexts {
		if strings.Contains(text, t.has) {
			return t.class
		}
	}
	return ""
}

// NoHTTP2 is the message if a TLS handshake does not negotiate HTTP/2.
const NoHTTP2 = "the server does not negotiate HTTP/2 (ALPN h2)"
