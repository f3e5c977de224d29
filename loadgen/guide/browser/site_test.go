package browser

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"google.golang.org/protobuf/proto"

	protocols "rtbench/proto"
	"rtbench/proto/streamingpb"
)

func startTestSite(t *testing.T, to protocols.Info) *site {
	t.Helper()
	s, err := startSite(to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

// client speaks HTTP/2 to the site's TLS address and HTTP/1.1 to the other.
func client(t *testing.T) *http.Client {
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second} // in case it hangs
}

const (
	stream   = "retry: 100\nid: 1-0\ndata: {\"id:\": 0}\n\nid: 1-1\ndata: id: 1\n\nid:\n\ndata: no end"
	stripped = "retry: 100\ndata: {\"id:\": 0}\n\ndata: id: 1\n\n\ndata: no end"
)

func TestWithoutIDs(t *testing.T) {
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(stream), "byte by byte": iotest.OneByteReader(strings.NewReader(stream)),
		"end with data": iotest.DataErrReader(strings.NewReader(stream)),
	} {
		got, err := io.ReadAll(iotest.OneByteReader(withoutIDs(io.NopCloser(r))))
		if err != nil || string(got) != stripped {
			t.Errorf("%s: %q, %v; want %q", name, got, err, stripped)
		}
	}
	got, err := io.ReadAll(withoutIDs(io.NopCloser(io.MultiReader(strings.NewReader("id: 1\nda"), iotest.ErrReader(io.ErrUnexpectedEOF)))))
	if string(got) != "da" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("interrupted: %q, %v", got, err)
	}
}

func TestSiteForwardsEvents(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.String() != "/stream" {
			t.Errorf("requested %s", r.URL)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, stream)
	}))
	t.Cleanup(upstream.Close)
	s := startTestSite(t, protocols.Info{Addresses: map[string]string{"sse": upstream.Listener.Addr().String()}})
	for path, want := range map[string]string{"stream?as=events": stream, "noid/stream": stripped} {
		r, err := client(t).Get(s.plain + path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", path, got, err, want)
		}
		if r.Header.Get("Access-Control-Allow-Origin") != "*" || r.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%s: %v", path, r.Header)
		}
	}
	if seen := s.request("events"); seen.protocol != "HTTP/1.1" || seen.responseStarted.IsZero() {
		t.Errorf("recorded: %+v", seen)
	}
}

// The site does not limit the browser: another client receives its response through the site
// while its request is open.
func TestSiteForwardsBidirectionally(t *testing.T) {
	s := startTestSite(t, servers(t).Plain)
	request, requests := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.secure+grpcService+"ProcessStream?as=both", request)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/grpc+proto")
	go func() { _, _ = requests.Write(framed(t, &streamingpb.ProcessRequest{Input: "x"})) }()
	response, err := client(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	want := framed(t, &streamingpb.ProcessResponse{Output: "Processed: x"})
	got := make([]byte, len(want))
	if _, err := io.ReadFull(response.Body, got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("while the request is open: %q, %v; want %q", got, err, want)
	}
	requests.Close()
	got, err = io.ReadAll(response.Body)
	if want := framed(t, &streamingpb.ProcessResponse{Complete: true}); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("after its end: %q, %v; want %q", got, err, want)
	}
	if seen := s.request("both"); response.Trailer.Get("Grpc-Status") != "0" || seen.status != "0" || seen.protocol != "HTTP/2.0" {
		t.Errorf("trailers %v, recorded %+v", response.Trailer, seen)
	}
}

// framed returns a length-prefixed gRPC message.
func framed(t *testing.T, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Error(err)
	}
	return append([]byte{0, 0, 0, 0, byte(len(b))}, b...)
}
