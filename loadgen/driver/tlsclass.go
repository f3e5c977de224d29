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

// Classes of what TLS fails by.
const (
	tlsAuthority = "TLS: unknown authority"
	tlsExpired   = "TLS: certificate expired"
	tlsHost      = "TLS: wrong host name"
	tlsInvalid   = "TLS: certificate not valid"
	tlsRefused   = "TLS: handshake refused"
	TLSNoALPN    = "TLS: no ALPN protocol in common"
	notTLS       = "not TLS"
)

// TLSClass names what TLS failed by; empty where err is not of TLS. It goes by the types of
// errors, and by their text only where these have lost it: alerts have no exported type,
// and grpc-go makes a status Unavailable of anything.
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

// tlsTexts are the words of crypto/tls and crypto/x509, the more telling ones first.
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

// NoHTTP2 says that a TLS handshake has not agreed on HTTP/2.
const NoHTTP2 = "the server does not negotiate HTTP/2 (ALPN h2)"
