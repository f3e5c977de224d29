package driver

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// longestRetryAfter is the longest wait that a server can ask for.
const longestRetryAfter = time.Hour

// RetryAfter returns how long the server that refused with err asks to wait before the next
// attempt (RFC 9110, section 10.2.3); 0 if it does not ask.
func RetryAfter(err error) time.Duration {
	var r *Refusal
	if errors.As(err, &r) {
		return r.RetryAfter
	}
	return 0
}

func parseRetryAfter(value string) time.Duration {
	seconds, err := strconv.ParseUint(value, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) { // of which seconds is the largest number
		return time.Duration(min(seconds, uint64(longestRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(0, time.Until(at)), longestRetryAfter)
	}
	return 0
}
