package sse_test

import (
	"bufio"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// The bytes of a message to a reference server are a measured result, so its POST has no other header
// than these.
func TestReferencePosts(t *testing.T) {
	posts := make(chan string, 2)
	address := strings.TrimPrefix(drivertest.ServeTCP(t, func(nc net.Conn, _ int) {
		br := bufio.NewReader(nc)
		for {
			head, err := drivertest.ReadHead(br)
			if err != nil {
				return
			}
			if strings.HasPrefix(head, "GET") {
				_, _ = io.WriteString(nc, eventsHead+"\r\n")
				continue
			}
			if strings.Contains(head, "Content-Length: 1\r\n") {
				_, _ = br.Discard(1)
			}
			posts <- head
			_, _ = io.WriteString(nc, noContent)
		}
	}), "http://")
	st := drivertest.Open(t, drivertest.NewReferenceClient(t, "sse", proto.Lean, driver.Target{Address: address}), proto.Call{Pattern: proto.Echo})
	if err := st.Send([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := st.CloseSend(); err != nil {
		t.Fatal(err)
	}
	session := regexp.MustCompile(`session=\w{26}`)
	for _, c := range []struct{ query, length string }{{"session=S", "1"}, {"session=S&end=1", "0"}} {
		want := "POST /bench?" + c.query + " HTTP/1.1\r\nHost: " + address + "\r\nContent-Type: application/octet-stream\r\nContent-Length: " + c.length + "\r\n\r\n"
		if got := session.ReplaceAllString(<-posts, "session=S"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
