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

	"rtbench/proto/streamingpb"
)

const itemsWanted = 3

func callPlain(ctx context.Context, s Servers, n *Notes) error {
	t := new(tap)
	to, err := address(s.Plain, "grpc")
	if err != nil {
		return err
	}
	got, _, err := call(ctx, to, insecure.NewCredentials(), t)
	n.Logf("  FetchData with limit %d: %d items, %v", itemsWanted, got, err)
	t.logTo(n)
	h2 := t.opensWith(http2.ClientPreface)
	words := "did not start with the HTTP/2 preface"
	if h2 {
		words = fmt.Sprintf("started with the HTTP/2 preface, %q", http2.ClientPreface)
	}
	n.Answer("grpc/http2", err == nil && got == itemsWanted && h2,
		"grpc-go called FetchData in cleartext and received %d of %d items; the connection %s.", got, itemsWanted, words)
	return nil
}

// opensWith reports whether the first connection's first bytes from the client are preface.
func (t *tap) opensWith(preface string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.conns) > 0 && bytes.HasPrefix(t.conns[0].firstUp, []byte(preface))
}

func callTLS(ctx context.Context, s Servers, n *Notes) error {
	to, err := address(s.TLS, "grpc")
	if err != nil {
		return err
	}
	got, server, err := call(ctx, to, credentials.NewTLS(tlsOffering(s)), new(tap))
	n.Logf("  FetchData with limit %d: %d items, %v", itemsWanted, got, err)
	agreed := ""
	if info, ok := server.AuthInfo.(credentials.TLSInfo); ok {
		agreed = info.State.NegotiatedProtocol
	}
	n.Answer("grpc/http2-tls", err == nil && got == itemsWanted && agreed == "h2",
		"grpc-go called FetchData over TLS and received %d of %d items; client and server negotiated %q by ALPN.", got, itemsWanted, agreed)
	return nil
}

// call opens a channel and calls FetchData once.
func call(ctx context.Context, to string, creds credentials.TransportCredentials, t *tap) (got int, server peer.Peer, err error) {
	channel, err := openChannel(to, creds, t)
	if err != nil {
		return 0, server, err
	}
	defer func() { _ = channel.Close() }()
	got, err = fetch(ctx, channel, itemsWanted, func(int) {}, grpc.Peer(&server))
	return got, server, err
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
func openChannel(to string, creds credentials.TransportCredentials, t *tap) (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:///"+to, grpc.WithTransportCredentials(creds),
		grpc.WithContextDialer(func(ctx context.Context, to string) (net.Conn, error) { return t.dial(ctx, "tcp", to) }))
}

// callHTTP1 sends a call of FetchData that is correct except for the HTTP version.
func callHTTP1(c *httpConn, n *Notes) error {
	yes, answer := c.post(n)
	n.Answer("grpc/http1", yes, "A FetchData call over HTTP/1.1 to the gRPC port in cleartext returned %s.", answer)
	return nil
}

func callHTTP1TLS(ctx context.Context, s Servers, n *Notes) error {
	c, err := dialRaw(ctx, s.TLS, "grpc", tlsOffering(s, "http/1.1"))
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
	_ = c.conn.SetDeadline(time.Now().Add(replyTimeout))
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
	const head = 9 // frame header (RFC 9113, section 4.1): 3 bytes of length, 1 of type
	for rest := b; len(rest) >= head; {
		size := head + (int(rest[0])<<16 | int(rest[1])<<8 | int(rest[2]))
		frames = append(frames, http2.FrameType(rest[3]).String())
		rest = rest[min(size, len(rest)):]
	}
	if frames == nil || frames[0] != http2.FrameSettings.String() { // a server's first frame
		return fmt.Sprintf("%d bytes%s", len(b), then)
	}
	return fmt.Sprintf("%d bytes of HTTP/2 frames (%s)%s", len(b), strings.Join(frames, ", "), then)
}
