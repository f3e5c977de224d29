package httpwire

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"rtbench/loadgen/driver"
)

// maxRetryAfter limits the wait that a server can ask for.
const maxRetryAfter = time.Hour

func parseRetryAfter(value string) time.Duration {
	seconds, err := strconv.ParseUint(value, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) { // out of range: seconds is the largest number
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(0, time.Until(at)), maxRetryAfter)
	}
	return 0
}

// RefuseStatus returns a driver.Refusal for the HTTP status of a response to the given request. body
// is the start of the response body, retryAfter the value of its Retry-After header.
func RefuseStatus(request string, status int, body []byte, retryAfter string) error {
	detail := fmt.Sprintf("%s was answered with HTTP status %d", request, status)
	if line := FirstLine(body); line != "" {
		detail += ": " + line
	}
	return &driver.Refusal{Kind: fmt.Sprintf("HTTP status %d", status), Detail: detail, RetryAfter: parseRetryAfter(retryAfter)}
}
