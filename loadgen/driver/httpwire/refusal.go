package httpwire

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"rtbench/loadgen/driver"
)

// longestRetryAfter is the longest wait that a server can ask for.
const longestRetryAfter = time.Hour

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

// RefuseStatus returns a Refusal for an HTTP status. Body is the beginning of the response body,
// and retryAfter the value of the Retry-After header.
func RefuseStatus(what string, status int, body []byte, retryAfter string) error {
	said := fmt.Sprintf("%s was answered with HTTP status %d", what, status)
	if line := FirstLine(body); line != "" {
		said += ": " + line
	}
	return &driver.Refusal{Kind: fmt.Sprintf("HTTP status %d", status), Detail: said, RetryAfter: parseRetryAfter(retryAfter)}
}
