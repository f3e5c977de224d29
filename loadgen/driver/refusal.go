package driver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Permanent says of an error of Open that another attempt will hardly do better: the server
// refused for a reason that lies here, or is not the one that was meant.
func Permanent(err error) bool {
	class := Class(err)
	for _, passing := range []string{"HTTP status 408", "HTTP status 425", "HTTP status 429", "HTTP status 5", "gRPC Unavailable", "gRPC ResourceExhausted"} {
		if strings.HasPrefix(class, passing) {
			return false
		}
	}
	return class == noSuchHost || errors.Is(err, ErrRefused) || strings.HasPrefix(class, "TLS: ") || strings.HasPrefix(class, "not ")
}

// finalClasses are the classes of refusals after which a client does not ask again.
var finalClasses = []string{"HTTP status 204", "HTTP status 410", "wrong content type", "unasked content encoding"}

// Final reports whether an error of Open is final: the event stream is over or gone, or the
// answer is no event stream.
func Final(err error) bool {
	return errors.Is(err, ErrRefused) && slices.Contains(finalClasses, Class(err))
}

// An Refusal is an answer that is not the one asked for. It is ErrRefused.
type Refusal struct {
	Kind       string
	Detail     string
	RetryAfter time.Duration
}

func Refuse(class, format string, values ...any) error {
	return &Refusal{Kind: class, Detail: fmt.Sprintf(format, values...)}
}

// Error implements error.
func (r *Refusal) Error() string { return ErrRefused.Error() + ": " + r.Detail }

// Unwrap makes it ErrRefused.
func (r *Refusal) Unwrap() error { return ErrRefused }

// Class names the kind of the refusal.
func (r *Refusal) Class() string { return r.Kind }

// ErrNoMore refuses an event stream by 204: there are no more events, and the client must not ask
// again (WHATWG HTML, section 9.2.3).
var ErrNoMore = errors.New("204 No Content: the server asked the client to stop")

// RetryAfter returns how long the server that refused with err asks to wait before the next
// attempt (RFC 9110, section 10.2.3); 0 if it does not ask.
func RetryAfter(err error) time.Duration {
	var r *Refusal
	if errors.As(err, &r) {
		return r.RetryAfter
	}
	return 0
}
