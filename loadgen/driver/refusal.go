package driver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Refusal is a response other than the one that Open requested. It wraps ErrRefused.
type Refusal struct {
	Kind       string // its Class
	Detail     string
	RetryAfter time.Duration // before the next attempt; 0 if the server does not say
}

// Refuse returns a Refusal of a class, with a formatted detail.
func Refuse(class, format string, values ...any) error {
	return &Refusal{Kind: class, Detail: fmt.Sprintf(format, values...)}
}

// Error implements error.
func (r *Refusal) Error() string { return ErrRefused.Error() + ": " + r.Detail }

// Unwrap returns ErrRefused.
func (r *Refusal) Unwrap() error { return ErrRefused }

// Class returns the class of the refusal.
func (r *Refusal) Class() string { return r.Kind }

// RetryAfter returns how long the server that refused with err asks to wait before the next
// attempt (RFC 9110, section 10.2.3), 0 if it does not ask.
func RetryAfter(err error) time.Duration {
	var r *Refusal
	if errors.As(err, &r) {
		return r.RetryAfter
	}
	return 0
}

// temporary lists prefixes of the classes of errors that may go away.
var temporary = []string{
	"HTTP status 408", "HTTP status 425", "HTTP status 429", "HTTP status 5", "gRPC Unavailable", "gRPC ResourceExhausted",
	"MQTT server unavailable", "MQTT server busy", "MQTT server shutting down", "MQTT quota exceeded", "MQTT connection rate exceeded",
}

// Permanent reports whether a retry after this error of Open is unlikely to succeed: the request or
// the address is wrong.
func Permanent(err error) bool {
	class := Class(err)
	for _, prefix := range temporary {
		if strings.HasPrefix(class, prefix) {
			return false
		}
	}
	return class == noSuchHost || errors.Is(err, ErrRefused) || strings.HasPrefix(class, "TLS: ") || strings.HasPrefix(class, "not ")
}

// final lists the classes of refusals after which an event stream must not be requested again.
var final = []string{"HTTP status 204", "HTTP status 410", "wrong content type", "unrequested content encoding"}

// Final reports whether an error of Open forbids a retry: the event stream has ended or is gone, or
// the response is not an event stream.
func Final(err error) bool {
	return errors.Is(err, ErrRefused) && slices.Contains(final, Class(err))
}
