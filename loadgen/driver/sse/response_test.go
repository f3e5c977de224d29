package sse_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
	"rtbench/proto/eventloop/eventlooptest"
)

// respondOnce responds to the first request of each connection and then closes it, unless open.
func respondOnce(t testing.TB, response string, open bool) drivertest.Target {
	return drivertest.CustomTarget(t, drivertest.ServeTCP(t, func(nc net.Conn, _ int) {
		br := bufio.NewReader(nc)
		if _, err := drivertest.ReadHead(br); err != nil {
			return
		}
		_, _ = io.WriteString(nc, response)
		if open {
			_, _ = io.Copy(io.Discard, br)
		}
	}), "/events", nil)
}

const eventsHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"

// Valid but rare responses of HTTP/1.1 are accepted.
func TestUnusualResponses(t *testing.T) {
	for name, c := range map[string]struct {
		response string
		open     bool
		end      error
	}{
		"until close":      {eventsHead + "\r\ndata: a\n\ndata: b\n\nda", false, io.EOF},
		"HTTP/1.0":         {"HTTP/1.0 200 OK\r\ncontent-type:text/event-stream\r\n\r\ndata: a\r\rdata: b\n\n", false, io.EOF},
		"no words":         {"HTTP/1.1 200\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\ndata: b\n\n", false, io.EOF},
		"length":           {eventsHead + "Content-Length: 18\r\n\r\ndata: a\n\ndata: b\n\ndata: c\n\n", true, io.EOF},
		"length, cut":      {eventsHead + "Content-Length: 19\r\n\r\ndata: a\n\ndata: b\n\n", false, io.ErrUnexpectedEOF},
		"chunks":           {eventsHead + "Transfer-Encoding: chunked\r\n\r\n5;x=\"y\"\r\ndata:\r\n4\r\n a\n\n\r\n9\r\ndata: b\n\n\r\n0\r\nTrailer: x\r\n\r\n", true, io.EOF},
		"chunks, cut":      {eventsHead + "Transfer-Encoding: chunked\r\n\r\n12\r\ndata: a\n\ndata: b\n\n\r\n", false, io.ErrUnexpectedEOF},
		"interim":          {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + eventsHead + "\r\ndata: a\n\ndata: b\n\n", false, io.EOF},
		"a long header":    {eventsHead + "X: " + strings.Repeat("x", 60<<10) + "\r\n\r\ndata: a\n\ndata: b\n\n", false, io.EOF},
		"bare LF":          {strings.ReplaceAll(eventsHead, "\r", "") + "\ndata: a\n\ndata: b\n\n", false, io.EOF},
		"some LF":          {eventsHead + "X: y\nContent-Length: 18\r\n\ndata: a\n\ndata: b\n\n", true, io.EOF},
		"LF and long":      {eventsHead + "X: " + strings.Repeat("x", 60<<10) + "\n\ndata: a\n\ndata: b\n\n", false, io.EOF},
		"LF, interim":      {"HTTP/1.1 103 Early Hints\nLink: x\n\n" + strings.ReplaceAll(eventsHead, "\r", "") + "\ndata: a\n\ndata: b\n\n", false, io.EOF},
		"LF in chunks":     {eventsHead + "Transfer-Encoding: chunked\n\n5;x=\"y\"\ndata:\n4\n a\n\n\n9\ndata: b\n\n\n0\nTrailer: x\n\n", true, io.EOF},
		"a mark":           {eventsHead + "\r\n\ufeffdata: a\n\ndata: b\n\n", false, io.EOF},
		"encoded identity": {eventsHead + "Content-Encoding: identity\r\n\r\ndata: a\n\ndata: b\n\n", false, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := drivertest.NewCustomDriver(t, "sse", respondOnce(t, c.response, c.open))
			for _, d := range []*drivertest.Client{d, drivertest.WithLoop(t, d)} {
				st := drivertest.Open(t, d, proto.Call{})
				drivertest.Recv(t, st, "a", "b")
				if err := drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err }); !errors.Is(err, c.end) {
					t.Errorf("ended with %v, want %v", err, c.end)
				}
			}
		})
	}
	// A stream with an empty body has already ended, which a loop would not notice.
	d := drivertest.NewCustomDriver(t, "sse", respondOnce(t, eventsHead+"Content-Length: 0\r\n\r\n", true))
	st := drivertest.Open(t, d, proto.Call{})
	if err := st.Loop.Drive(eventlooptest.NewLoop(t), nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Drive of an ended stream: %v", err)
	}
	drivertest.RecvEOF(t, st)
}

func TestMalformedResponses(t *testing.T) {
	for name, c := range map[string]struct {
		response, class, text string
		open, gone            bool
	}{
		"SSH":             {response: "SSH-2.0-OpenSSH_9.6\r\n", class: "not HTTP", text: "SSH-2.0", open: true},
		"TLS":             {response: "\x15\x03\x01\x00\x02\x02\x50", class: "not HTTP", open: true},
		"HTTP/2":          {response: "\x00\x00\x06\x04\x00\x00\x00\x00\x00", class: "not HTTP", open: true},
		"a short word":    {response: "no", class: "not HTTP", open: true},
		"a malformed one": {response: "HTTP/1.1 abc\r\nSet-Cookie: secret\r\n\r\n", class: "malformed HTTP", open: true},
		"a bad header":    {response: "HTTP/1.1 200 OK\r\nContent-Length: secret\r\n\r\n", class: "malformed HTTP", open: true},
		"endless":         {response: eventsHead + "X: " + strings.Repeat("x", 70<<10), class: "HTTP header too long", text: "64 KiB", open: true},
		"interim":         {response: strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 100), class: "malformed HTTP", open: true},
		"switching":       {response: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", class: "HTTP status 101", open: true},
		"nothing":         {class: "connection closed by the server", gone: true},
		"half a line":     {response: "HTT", class: "connection closed by the server", gone: true},
		"half a head":     {response: eventsHead, class: "connection closed by the server", gone: true},
		"a silent 500":    {response: "HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nline\n", class: "HTTP status 500", text: "500: line", open: true},
		"401 with events": {response: "HTTP/1.1 401 No\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b", class: "HTTP status 401", open: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), drivertest.Timeout)
			defer cancel()
			_, err := drivertest.NewCustomDriver(t, "sse", respondOnce(t, c.response, c.open)).Open(ctx, proto.Call{})
			if err == nil || driver.Class(err) != c.class || !strings.Contains(err.Error(), c.text) || errors.Is(err, driver.ErrRefused) == c.gone {
				t.Errorf("class %q of %v; want %q, with %q", driver.Class(err), err, c.class, c.text)
			}
			if strings.Contains(fmt.Sprint(err), "secret") {
				t.Errorf("the error shows a header: %v", err)
			}
		})
	}
}

// Open returns at the end of its context if there is no response.
func TestOpenHonorsContext(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"sse", "sse-h2"} {
		for _, response := range []string{"", "HTTP/1.1 100 Continue\r\n\r\n", eventsHead, "\x00\x00\x00\x04\x00\x00\x00\x00\x00"} {
			if protocol == "sse" && response != "" && response[0] == 0 || protocol == "sse-h2" && response != "" && response[0] != 0 {
				continue // refused
			}
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			d := drivertest.NewCustomDriver(t, protocol, respondOnce(t, response, true))
			err := drivertest.Bounded(t, "Open", func() error { _, err := d.Open(ctx, proto.Call{}); return err })
			cancel()
			if driver.Class(err) != "timeout" {
				t.Errorf("%s, %q: %v", protocol, response, err)
			}
		}
	}
}

// Close unblocks Recv.
func TestCloseUnblocksRecv(t *testing.T) {
	t.Parallel()
	st := drivertest.Open(t, drivertest.NewCustomDriver(t, "sse", respondOnce(t, eventsHead+"\r\n", true)), proto.Call{})
	received := make(chan error, 1)
	go func() { _, err := st.Recv(); received <- err }()
	_ = st.Close()
	if err := drivertest.Bounded(t, "Recv", func() error { return <-received }); err == nil {
		t.Error("Recv returned a message")
	}
}

// Invalid requests are not sent.
func TestInvalidRequest(t *testing.T) {
	t.Parallel()
	s := drivertest.ServeHTTP(t, func(http.ResponseWriter, *http.Request) { t.Error("an invalid request was sent") }, false)
	for text, edit := range map[string]func(*driver.Endpoint){
		"X-Y":    func(e *driver.Endpoint) { e.Header = http.Header{"X-Y": {"a\r\nX-Z: b"}} },
		`"x y"`:  func(e *driver.Endpoint) { e.Header = http.Header{"x y": {"a"}} },
		"method": func(e *driver.Endpoint) { e.Method = "GET / HTTP/1.1\r\n" },
		"token":  func(e *driver.Endpoint) { e.Bearer = func(context.Context) (string, error) { return "secret\n", nil } },
		"no key": func(e *driver.Endpoint) {
			e.Bearer = func(context.Context) (string, error) { return "", errors.New("no key") }
		},
	} {
		for _, protocol := range []string{"sse", "sse-h2"} {
			_, err := drivertest.DialHTTP(t, protocol, s, "/", edit).Open(context.Background(), proto.Call{})
			if err == nil || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}

// Open and Recv return for any response, and refusals have a class.
func FuzzResponse(f *testing.F) {
	for _, s := range []string{
		"", eventsHead + "\r\ndata: a\n\n", eventsHead + "Transfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n0\r\n\r\n",
		"HTTP/1.1 100 \r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		u, _ := url.Parse("http://fuzz.test/")
		var peers sync.WaitGroup
		defer peers.Wait()
		d, err := drivers.New("sse", proto.Lean, driver.Target{Dial: func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			peers.Go(func() {
				defer there.Close()
				if _, err := drivertest.ReadHead(bufio.NewReader(there)); err == nil {
					_, _ = there.Write(response)
				}
			})
			return here, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), drivertest.Timeout)
		defer cancel()
		st, err := d.Open(ctx, &driver.Endpoint{URL: u})
		if err != nil {
			if class := driver.Class(err); class == "other" || class == "timeout" {
				t.Fatalf("class %s of %v", class, err)
			}
			return
		}
		defer st.Close()
		for err == nil {
			_, err = st.Recv()
		}
	})
}
