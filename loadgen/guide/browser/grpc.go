package browser

import (
	"fmt"
	"slices"
	"strings"
)

const (
	grpcService    = "streaming.DataStreamService/"
	itemsWanted    = 5
	processName    = "process" // of requests to ProcessStream
	replyTimeoutMS = 2000      // limit for a response while the request is still open
	grpcInput      = "from the page"
)

func noteServerStream(v *session, seen struct {
	Contents      []string
	Status, Names string
	Trailers      string // the value of response.trailers
},
) {
	want := make([]string, itemsWanted)
	for i := range want {
		want[i] = fmt.Sprintf("Data item %d", i)
	}
	r := v.site.request("fetch")
	v.notes.Answer("grpc/server-stream", slices.Equal(seen.Contents, want),
		"Through fetch over %s, decoding frames and protobuf by hand, the page read %d of %d responses of FetchData: %s.", r.protocol, len(seen.Contents), itemsWanted, strings.Join(seen.Contents, ", "))
	v.notes.Answer("grpc/status", seen.Status != "" || seen.Trailers != "undefined",
		"The response ended with the trailer grpc-status %q; in the page, response.trailers is %s and the headers are: %s.", r.status, seen.Trailers, seen.Names)
}

// A streamResult holds the page's findings about ProcessStream.
type streamResult struct {
	Early    bool // a response arrived while the request was open
	Outputs  []string
	Complete bool // the last response arrived
	Error    string
}

// processing lists the arguments of processStream.
func processing(v *session) []any {
	return []any{v.page + grpcService + "ProcessStream?as=" + processName, grpcInput, replyTimeoutMS}
}

func noteProcess(v *session, seen streamResult) {
	r, failure := v.site.request(processName), v.fetchError(seen)
	early := "did not arrive"
	if seen.Early {
		early = "arrived"
	}
	v.notes.Answer("grpc/bidirectional", seen.Early,
		"The page sent one message of ProcessStream over %s and kept the request open: within %d ms its response %s. %s%s", r.protocol, replyTimeoutMS, early, describeTiming(r), failure)
	v.notes.Answer("grpc/bidirectional-after-end", seen.Complete && slices.Equal(seen.Outputs, []string{"Processed: " + grpcInput}),
		"After the page ended the request, it had received the responses %q and the last one: %t.%s", seen.Outputs, seen.Complete, failure)
}

func noteUploadHTTP1(v *session, seen streamResult) {
	r := v.site.request(processName)
	v.notes.Answer("grpc/sends-stream-http1", seen.Error == "" && !r.bodyStarted.IsZero(),
		"A request with a stream as its body, to an HTTP/1.1 server: %s%s", describeTiming(r), v.fetchError(seen))
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
func (v *session) fetchError(seen streamResult) string {
	if seen.Error == "" {
		return ""
	}
	return strings.TrimRight(fmt.Sprintf(" Fetch failed: %s. %s", seen.Error, v.tab.consoleLine("as="+processName)), " ")
}
