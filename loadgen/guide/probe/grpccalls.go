package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/peer"

	"rtbench/loadgen/driver"
	"rtbench/proto/streamingpb"
)

const itemsWanted = 3

// callOver calls FetchData with grpc-go, in cleartext or with TLS.
func callOver(fact string, secure bool) do {
	return func(ctx context.Context, s Servers, n *Notes) error {
		t := new(tap)
		channel, err := openChannel(s.target("grpc", secure, t))
		if err != nil {
			return err
		}
		defer func() { _ = channel.Close() }()
		var server peer.Peer
		got, err := fetch(ctx, channel, itemsWanted, func(int) {}, grpc.Peer(&server))
		n.Logf("  FetchData with limit %d: %d items, %v", itemsWanted, got, err)
		t.logTo(n)
		how, h2, words := "in cleartext", t.opensWith(http2.ClientPreface), "the connection did not start with the HTTP/2 preface"
		if h2 {
			words = fmt.Sprintf("the connection started with the HTTP/2 preface, %q", http2.ClientPreface)
		}
		if secure {
			info, _ := server.AuthInfo.(credentials.TLSInfo)
			agreed := info.State.NegotiatedProtocol
			how, h2, words = "over TLS", agreed == "h2", fmt.Sprintf("client and server negotiated %q by ALPN", agreed)
		}
		n.Answer(fact, err == nil && got == itemsWanted && h2,
			"grpc-go called FetchData %s and received %d of %d items; %s.", how, got, itemsWanted, words)
		return nil
	}
}

// opensWith reports whether the first connection's first bytes from the client are preface.
func (t *tap) opensWith(preface string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.conns) > 0 && bytes.HasPrefix(t.conns[0].firstUp, []byte(preface))
}

// fetch calls FetchData and receives the items until the end. It calls before with the number of
// items received, before it waits for the next.
func fetch(ctx context.Context, channel *grpc.ClientConn, limit int32, before func(got int), options ...grpc.CallOption) (got int, err error) {
	st, err := streamingpb.NewDataStreamServiceClient(channel).FetchData(ctx, &streamingpb.DataRequest{Query: "probe", Limit: limit}, options...)
	for ; err == nil; got++ {
		before(got)
		if _, err = st.Recv(); err != nil {
			break
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return got, err
}

// openChannel creates a grpc-go channel to one address, without a resolver.
func openChannel(to driver.Target) (*grpc.ClientConn, error) {
	security := insecure.NewCredentials()
	if to.TLS != nil {
		security = credentials.NewTLS(to.TLSConfig())
	}
	return grpc.NewClient("passthrough:///"+to.Address, grpc.WithTransportCredentials(security),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return to.DialTCP(ctx) }))
}

// callHTTP1 sends a call of FetchData that is correct except for the HTTP version.
func callHTTP1(c *httpConn, n *Notes) error {
	yes, answer := c.post(n)
	n.Answer("grpc/http1", yes, "A FetchData call over HTTP/1.1 to the gRPC port in cleartext returned %s.", answer)
	return nil
}

func callHTTP1TLS(ctx context.Context, s Servers, n *Notes) error {
	c, err := dialRaw(ctx, s.target("grpc", true, new(tap)), "http/1.1")
	if err != nil {
		n.Logf("  %v", err)
		n.Answer("grpc/http1-tls", false, "A TLS client that offered only http/1.1 by ALPN to the gRPC port was refused: %v.", err)
		return nil
	}
	defer c.close()
	yes, answer := c.post(n)
	n.Answer("grpc/http1-tls", yes, "A TLS client that offered only http/1.1 by ALPN to the gRPC port was accepted (%s); its HTTP/1.1 call returned %s.", c.describeTLS(), answer)
	return nil
}

// Limits for reading a reply that should not come.
const (
	maxReply     = 4 << 10
	replyTimeout = 3 * time.Second
)

// post sends the call over HTTP/1.1. It describes the reply and reports whether that was an
// HTTP/1 response.
func (c *httpConn) post(n *Notes) (yes bool, answer string) {
	// A gRPC length-prefixed message: uncompressed, 2 bytes, protobuf for limit = 1.
	body := "\x00\x00\x00\x00\x02\x10\x01"
	head := strings.Join([]string{
		"POST " + streamingpb.DataStreamService_FetchData_FullMethodName + " HTTP/1.1", "Host: " + c.host,
		"Content-Type: application/grpc", "TE: trailers", fmt.Sprint("Content-Length: ", len(body)), "", "",
	}, "\r\n")
	_ = c.SetDeadline(time.Now().Add(replyTimeout))
	err := c.write(n, head+body)
	b, got := make([]byte, maxReply), 0
	for err == nil && got < len(b) && !bytes.HasPrefix(b, []byte("HTTP/1.")) {
		var more int
		more, err = c.reader.Read(b[got:])
		got += more
	}
	n.Logf("  < %d bytes: % x", got, b[:got])
	n.Logf("  then: %v", err)
	if got == 0 && err != nil {
		return false, fmt.Sprintf("nothing (%v)", rootCause(err))
	}
	return bytes.HasPrefix(b, []byte("HTTP/1.")), describe(b[:got], err)
}

// describe summarizes the bytes that a server sent to an HTTP/1.1 client.
func describe(b []byte, err error) string {
	var then string
	switch {
	case errors.Is(err, io.EOF):
		then = ", then the server closed the connection"
	case err != nil:
		then = fmt.Sprintf(", then: %v", rootCause(err))
	}
	if line, _, ok := bytes.Cut(b, []byte("\r\n")); ok && bytes.HasPrefix(line, []byte("HTTP/")) {
		return fmt.Sprintf("%q%s", line, then)
	}
	var frames []string
	for in := bytes.NewReader(b); ; {
		f, err := http2.ReadFrameHeader(in)
		if err != nil {
			break
		}
		frames = append(frames, f.Type.String())
		_, _ = in.Seek(int64(f.Length), io.SeekCurrent)
	}
	if frames == nil || frames[0] != http2.FrameSettings.String() { // a server's first frame
		return fmt.Sprintf("%d bytes%s", len(b), then)
	}
	return fmt.Sprintf("%d bytes of HTTP/2 frames (%s)%s", len(b), strings.Join(frames, ", "), then)
}
