package browser

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

var plainGRPCSteps = []step{
	{"streaming a request body over HTTP/1.1", 6 * time.Second, (*session).uploadHTTP1, []string{"grpc/sends-stream-http1"}},
}

var secureGRPCSteps = []step{
	{"gRPC server streaming through fetch", 5 * time.Second, (*session).serverStream, []string{"grpc/server-stream", "grpc/status"}},
	{"bidirectional gRPC through fetch", 8 * time.Second, (*session).grpcBothWays, []string{"grpc/bidirectional", "grpc/bidirectional-after-end"}},
}

const (
	grpcService    = "streaming.DataStreamService/"
	replyTimeoutMS = 2000 // limit for a response while the request is still open
	grpcInput      = "from the page"
)

func (v *session) serverStream(ctx context.Context) error {
	const limit = 5
	seen, err := call[struct {
		Contents      []string
		Status, Names string
		Trailers      string // the value of response.trailers
	}](ctx, "fetchData", v.site.secure+grpcService+"FetchData?as=fetch", limit)
	if err != nil {
		return err
	}
	want := make([]string, limit)
	for i := range want {
		want[i] = fmt.Sprintf("Data item %d", i)
	}
	r := v.site.request("fetch")
	v.notes.Answer("grpc/server-stream", slices.Equal(seen.Contents, want),
		"Through fetch over %s, decoding frames and protobuf by hand, the page read %d of %d responses of FetchData: %s.", r.protocol, len(seen.Contents), limit, strings.Join(seen.Contents, ", "))
	v.notes.Answer("grpc/status", seen.Status != "" || seen.Trailers != "undefined",
		"The response ended with the trailer grpc-status %q; in the page, response.trailers is %s and the headers are: %s.", r.status, seen.Trailers, seen.Names)
	return nil
}

// A streamResult holds the page's findings about ProcessStream.
type streamResult struct {
	Early    bool // a response arrived while the request was open
	Outputs  []string
	Complete bool // the last response arrived
	Error    string
}

func (v *session) processStream(ctx context.Context, page, name string) (streamResult, request, error) {
	seen, err := call[streamResult](ctx, "processStream", page+grpcService+"ProcessStream?as="+name, grpcInput, replyTimeoutMS)
	return seen, v.site.request(name), err
}

func (v *session) grpcBothWays(ctx context.Context) error {
	const name = "process"
	seen, r, err := v.processStream(ctx, v.site.secure, name)
	if err != nil {
		return err
	}
	failure := v.fetchError(seen, name)
	early := "did not arrive"
	if seen.Early {
		early = "arrived"
	}
	v.notes.Answer("grpc/bidirectional", seen.Early,
		"The page sent one message of ProcessStream over %s and kept the request open: within %d ms its response %s. %s%s", r.protocol, replyTimeoutMS, early, describeTiming(r), failure)
	v.notes.Answer("grpc/bidirectional-after-end", seen.Complete && slices.Equal(seen.Outputs, []string{"Processed: " + grpcInput}),
		"After the page ended the request, it had received the responses %q and the last one: %t.%s", seen.Outputs, seen.Complete, failure)
	return nil
}

// describeTiming describes when the request and the response passed through the site, which
// sits between the page and the server.
func describeTiming(r request) string {
	switch {
	case r.bodyStarted.IsZero():
		return "The request did not reach the server."
	case r.responseStarted.IsZero():
		return "The message reached the server, which did not respond."
	}
	return fmt.Sprintf("The server's response was on its way to the browser %.1f ms after the message left it.", float64(r.responseStarted.Sub(r.bodyStarted).Microseconds())/1000)
}

// fetchError returns fetch's error along with the console's, which is more detailed.
func (v *session) fetchError(seen streamResult, name string) string {
	if seen.Error == "" {
		return ""
	}
	return strings.TrimRight(fmt.Sprintf(" Fetch failed: %s. %s", seen.Error, v.tab.consoleLine("as="+name)), " ")
}

func (v *session) uploadHTTP1(ctx context.Context) error {
	const name = "process1"
	seen, r, err := v.processStream(ctx, v.site.plain, name)
	if err != nil {
		return err
	}
	v.notes.Answer("grpc/sends-stream-http1", seen.Error == "" && !r.bodyStarted.IsZero(),
		"A request with a stream as its body, to an HTTP/1.1 server: %s%s", describeTiming(r), v.fetchError(seen, name))
	return nil
}

func headerNames(h http.Header) string {
	var all []string
	for name := range h {
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
