package sse_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// Responses without events have the same class with every stack.
func TestClassOfResponse(t *testing.T) {
	t.Parallel()
	for response, want := range map[string]string{
		"HTTP/1.1 204 No Content\r\n\r\n":                               "HTTP status 204",
		"HTTP/1.1 304 Not Modified\r\n\r\n":                             "HTTP status 304",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n":           "HTTP status 404",
		"HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nfull":              "HTTP status 503",
		eventsHead + "Content-Length: 0\r\n\r\n":                        "",
		eventsHead + "\r\ndata: " + strings.Repeat("x", 101) + "\n\n":   "message too long",
		eventsHead + "\r\ndata: " + strings.Repeat("x", 9999) + "\n\n":  "message too long",
		eventsHead + "\r\n" + strings.Repeat("data: 5678\n", 21) + "\n": "message too long",
	} {
		for _, stack := range proto.StacksOf("sse") {
			target := respondOnce(t, response, false)
			target.Stack, target.Endpoint.Limit = stack, 100
			st, err := drivertest.NewCustomDriver(t, "sse", target).Open(t.Context(), proto.Call{})
			if err == nil {
				_, err = st.Recv()
				_ = st.Close()
			}
			if want == "" && errors.Is(err, io.EOF) {
				continue
			}
			if got := driver.Class(err); got != want || strings.Contains(err.Error(), "1 MiB") {
				t.Errorf("%s: class %q of %v, want %q: %.70q", stack, got, err, want, response)
			}
		}
	}
}
