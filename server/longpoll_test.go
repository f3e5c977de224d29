package server_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"rtbench/server"
)

// A response that is lost is sent again, as the next poll does not acknowledge it.
func TestLostResponseOfLongPoll(t *testing.T) {
	t.Parallel()
	s := start(t, server.Config{})
	at := "http://" + s.Info().Addresses["long-poll"] + "/bench?session=a"
	ask := func(method, query, body string) (status int, messages, cursor string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, at+query, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		p, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(p), resp.Header.Get("Cursor")
	}
	for i, c := range []struct {
		method, query, body string
		status              int
		messages, cursor    string
	}{
		{"GET", "&after=0", "", 404, "no such session: open the stream first\n", ""},
		{"GET", "&pattern=echo", "", 200, "", ""},
		{"GET", "&pattern=echo", "", 409, "the session is already open\n", ""},
		{"POST", "", "one", 204, "", ""},
		{"POST", "", "two", 204, "", ""},
		{"GET", "&after=0", "", 200, "\x00\x00\x00\x03one\x00\x00\x00\x03two", "2"},
		{"POST", "", "three", 204, "", ""},
		{"GET", "&after=0", "", 200, "\x00\x00\x00\x03one\x00\x00\x00\x03two", "2"},
		{"GET", "&after=1", "", 400, "after: expected the cursor of the last response\n", ""},
		{"GET", "&after=x", "", 400, "after: expected the cursor of the last response\n", ""},
		{"GET", "&after=2", "", 200, "\x00\x00\x00\x05three", "3"},
		{"POST", "&end=1", "", 204, "", ""},
		{"GET", "&after=3", "", 200, "", "3"},
		{"PUT", "", "", 405, "expected GET, POST, DELETE\n", ""},
		{"DELETE", "", "", 200, "", ""},
		{"GET", "&after=3", "", 404, "no such session: open the stream first\n", ""},
	} {
		status, messages, cursor := ask(c.method, c.query, c.body)
		if status != c.status || messages != c.messages || cursor != c.cursor {
			t.Errorf("request %d, %s %s: %d %q, cursor %q; want %d %q, cursor %q", i, c.method, c.query, status, messages, cursor, c.status, c.messages, c.cursor)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
