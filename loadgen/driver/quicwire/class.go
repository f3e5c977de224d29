package quicwire

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/webtransport-go"

	"rtbench/loadgen/driver"
	"rtbench/proto"
)

// Explain gives an error of QUIC, or of a protocol on it, its class. All errors of quic-go match net.ErrClosed; the
// result does only if this end closed the stream or the connection.
func Explain(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	if class := classOf(err); class != "" {
		return &failure{class, strings.TrimPrefix(err.Error(), "http3: ")}
	}
	return err
}

// explainHandshake is Explain for an error of connecting: a silent server has not answered, and is not idle.
func explainHandshake(err error) error {
	if idle := (*quic.IdleTimeoutError)(nil); errors.As(err, &idle) {
		return &failure{handshakeTimeout, "no answer to the QUIC handshake"}
	}
	return Explain(err)
}

const handshakeTimeout = "QUIC handshake timeout"

// A failure is an error that knows its class.
type failure struct{ class, text string }

func (f *failure) Error() string { return f.text }

// Class returns the class.
func (f *failure) Class() string { return f.class }

const closed = "connection closed by the server"

// classOf returns the class of an error; empty if it does not come from QUIC or a protocol on it.
func classOf(err error) string {
	var (
		idle      *quic.IdleTimeoutError
		handshake *quic.HandshakeTimeoutError
		reset     *quic.StatelessResetError
		version   *quic.VersionNegotiationError
		transport *quic.TransportError
	)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return proto.ConnectionRefused
	case errors.As(err, &idle):
		return "QUIC idle timeout"
	case errors.As(err, &handshake):
		return handshakeTimeout
	case errors.As(err, &reset):
		return "QUIC stateless reset"
	case errors.As(err, &version):
		return "no QUIC version in common"
	case errors.As(err, &transport):
		return transportClass(transport, err)
	case goesAway(err):
		return "HTTP/3 GOAWAY"
	}
	return protocolClass(err)
}

// noALPN is the code of a TLS alert (RFC 7301, section 3.2) in QUIC (RFC 9001, section 4.8).
const noALPN = 0x100 + 120

// transportClass returns the class of an error of QUIC itself: of the handshake, or a violation of the protocol.
func transportClass(t *quic.TransportError, err error) string {
	switch {
	case t.ErrorCode == quic.ConnectionRefused:
		return proto.ConnectionRefused
	case t.ErrorCode == noALPN:
		return driver.TLSNoALPN
	case t.ErrorCode.IsCryptoError():
		return cmp.Or(driver.TLSClass(err), driver.TLSClass(errors.New(t.ErrorCode.Message())))
	}
	return "QUIC error: " + t.ErrorCode.String()
}

// protocolClass returns the class of an error of HTTP/3 or WebTransport.
func protocolClass(err error) string {
	var (
		stream  *webtransport.StreamError
		session *webtransport.SessionError
		http    *http3.Error
		reset   *quic.StreamError
		app     *quic.ApplicationError
	)
	switch {
	case errors.As(err, &stream) && stream.Remote:
		return fmt.Sprintf("WebTransport reset: code %d", stream.ErrorCode)
	case errors.As(err, &session) && session.Remote && session.ErrorCode == 0:
		return closed
	case errors.As(err, &session) && session.Remote:
		return fmt.Sprintf("WebTransport session closed: code %d", session.ErrorCode)
	case errors.As(err, &reset) && reset.Remote:
		return "HTTP/3 reset: " + http3.ErrCode(reset.ErrorCode).String()
	case errors.As(err, &app) && app.Remote && (app.ErrorCode == 0 || http3.ErrCode(app.ErrorCode) == http3.ErrCodeNoError):
		return closed
	case errors.As(err, &app) && app.Remote:
		return "HTTP/3 error: " + http3.ErrCode(app.ErrorCode).String()
	case errors.As(err, &http) && !errors.As(err, &reset) && !errors.As(err, &app):
		return "HTTP/3 error: " + http.ErrorCode.String()
	}
	return ""
}

// goesAway reports whether a connection took no request because its server shuts it down (RFC 9114, section 5.2).
// quic-go has no error for it to compare with.
func goesAway(err error) bool {
	return strings.HasSuffix(err.Error(), "connection in graceful shutdown")
}
