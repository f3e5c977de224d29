package driver

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// longestRetryAfter bounds what a server can ask for.
const longestRetryAfter = time.Hour

// RetryAfter returns how long the server that refused with err asks to wait before the next
// attempt (RFC 9110, section 10.2.3); 0 where it does not.
func RetryAfter(err error) time.Duration {
	var r *httpRefusal
	if errors.As(err, &r) {
		return r.after
	}
	return 0
}

// refusedForNow is refusedStatus with the value of the answer's Retry-After.
func refusedForNow(what string, status int, body []byte, retryAfter string) error {
	err := refusedStatus(what, status, body)
	var r *httpRefusal
	if errors.As(err, &r) {
		r.after = parseRetryAfter(retryAfter)
	}
	return err
}

func parseRetryAfter(value string) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, longestRetryAfter)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(0, time.Until(at)), longestRetryAfter)
	}
	return 0
}
