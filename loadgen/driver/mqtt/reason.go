package mqtt

import (
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/eclipse/paho.golang/paho"

	"rtbench/loadgen/driver"
	"rtbench/proto/framing"
)

// failure is the least reason code of a failure (MQTT 5, section 2.4).
const failure = 0x80

// reasons names the reason codes of failures, as classes of errors do.
var reasons = map[byte]string{
	0x80: "unspecified error", 0x81: "malformed packet", 0x82: "protocol error", 0x83: "implementation specific error",
	0x84: "unsupported protocol version", 0x85: "client identifier not valid", 0x86: "bad user name or password",
	0x87: "not authorized", 0x88: "server unavailable", 0x89: "server busy", 0x8A: "banned", 0x8B: "server shutting down",
	0x8C: "bad authentication method", 0x8D: "keep alive timeout", 0x8E: "session taken over", 0x8F: "topic filter invalid",
	0x90: "topic name invalid", 0x91: "packet identifier in use", 0x92: "packet identifier not found",
	0x93: "receive maximum exceeded", 0x94: "topic alias invalid", 0x95: "packet too large", 0x96: "message rate too high",
	0x97: "quota exceeded", 0x98: "administrative action", 0x99: "payload format invalid", 0x9A: "retain not supported",
	0x9B: "QoS not supported", 0x9C: "use another server", 0x9D: "server moved",
	0x9E: "shared subscriptions not supported", 0x9F: "connection rate exceeded", 0xA0: "maximum connect time",
	0xA1: "subscription identifiers not supported", 0xA2: "wildcard subscriptions not supported",
}

// reasonName returns the name of a reason code.
func reasonName(code byte) string {
	if name := reasons[code]; name != "" {
		return name
	}
	return fmt.Sprintf("reason code 0x%02X", code)
}

// class returns the class of errors with a reason code.
func class(code byte) string { return "MQTT " + reasonName(code) }

// refuse returns the refusal of something by a reason code, with the server's text.
func refuse(refused string, code byte, text string) error {
	return driver.Refuse(class(code), "it refused %s: %s", refused, withText(reasonName(code), text))
}

// withText appends the server's text to a reason, unless it says the same.
func withText(reason, text string) string {
	if text == "" || text == reason {
		return reason
	}
	return fmt.Sprintf("%s (%q)", reason, text)
}

// An ended error is the reason with which the server ended a stream.
type ended struct {
	code byte
	text string
}

// Error implements error.
func (e *ended) Error() string { return e.text }

// Class returns the class of the error.
func (e *ended) Class() string { return class(e.code) }

// disconnected is the error of a DISCONNECT packet of the server.
func disconnected(code byte, text string) error {
	if code < failure {
		return io.EOF
	}
	return &ended{code, "the server closed the connection (DISCONNECT): " + withText(reasonName(code), text)}
}

// rejected is the error of a message that the server did not accept.
func rejected(packet string, code byte, text string) error {
	return &ended{code, "the server refused a message (" + packet + "): " + withText(reasonName(code), text)}
}

// isEnd reports whether err is the end of a connection.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// broken returns the error of a connection that ended without DISCONNECT.
func broken(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case isNetwork(err):
		return err
	}
	return fmt.Errorf("%w: %w", framing.ErrMalformed, err)
}

// noAuth is the library's AuthHandler, without which a CONNACK with an authentication method would be a panic. No
// stream asks for enhanced authentication (MQTT 5, section 4.12), so that a server must not begin it.
type noAuth struct{ st *stream }

// Authenticate is called for an AUTH packet. It ends the stream.
func (a noAuth) Authenticate(*paho.Auth) *paho.Auth {
	a.st.abort(&ended{0x8C, "the server asks for enhanced authentication (AUTH); expected none"})
	return &paho.Auth{Properties: &paho.AuthProperties{}}
}

// Authenticated is called for a CONNACK with an authentication method.
func (noAuth) Authenticated() {}
