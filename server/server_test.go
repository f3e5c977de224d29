package server_test

import (
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"rtbench/proto"
	"rtbench/server"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// fasthttp's clock runs for the whole process.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

func get(t *testing.T, url string, into any) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", url, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

func TestControl(t *testing.T) {
	s, err := server.Start(server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var info proto.Info
	get(t, "http://"+s.Info().Control+"/", &info)
	if info.Addresses["grpc"] != s.Info().Addresses["grpc"] || len(info.Addresses) != len(overTCP()) {
		t.Errorf("info %+v", info)
	}
	var stats proto.Stats
	get(t, "http://"+s.Info().Control+"/stats", &stats)
	if stats.Goroutines == 0 || stats.Streams != 0 || stats.MessagesSent != 0 {
		t.Errorf("stats %+v", stats)
	}
}

func TestBusyPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, text, _ := net.SplitHostPort(l.Addr().String())
	port, _ := strconv.Atoi(text)
	_, err = server.Start(server.Config{Ports: map[string]int{"grpc": port}})
	if err == nil {
		t.Fatal("two servers on one port")
	}
	for _, part := range []string{"grpc", text, "--port grpc=PORT"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

// Invalid bytes neither block nor crash the server.
func TestInvalidBytes(t *testing.T) {
	s, err := server.Start(server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, address := range s.Info().Addresses {
		for _, text := range []string{"\xff\xff\xff\xff nonsense\r\n\r\n", "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "\x00\x00\x00\x03abc"} {
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			_, _ = c.Write([]byte(text))
			_ = c.Close()
		}
	}
	var stats proto.Stats
	get(t, "http://"+s.Info().Control+"/stats", &stats)
	if stats.Streams != 0 {
		t.Errorf("%d streams were opened by nonsense", stats.Streams)
	}
}
