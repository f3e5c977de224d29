package script_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/loadgen/script"
	"rtbench/proto"
	"rtbench/scenarios/template"
)

// A WebSocket server of another library sees the close code, after the steps' messages.
func TestCloseCode(t *testing.T) {
	type seen struct {
		text string
		code websocket.StatusCode
	}
	saw := make(chan seen, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		var s seen
		for {
			_, p, err := c.Read(r.Context())
			if err != nil {
				s.code = websocket.CloseStatus(err)
				saw <- s
				return
			}
			s.text += string(p)
		}
	}))
	defer server.Close()
	u, err := url.Parse(strings.Replace(server.URL, "http", "ws", 1))
	if err != nil {
		t.Fatal(err)
	}
	bye, err := template.Compile("bye", template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []int{1000, 1001, 4000, 4999} {
		d, err := drivers.New("websocket", proto.Lean, driver.Target{Address: u.Host})
		if err != nil {
			t.Fatal(err)
		}
		closing := &script.Script{Closing: []script.Step{{Do: "send", Format: bye}, {Do: "close", Code: code}}}
		st, err := d.Open(context.Background(), &driver.Endpoint{URL: u})
		if err != nil {
			t.Fatal(err)
		}
		session := closing.NewSession(proto.Call{Pattern: proto.Echo, Text: true, Of: 1}, script.Alone(0, 1), nil)
		if err := errors.Join(session.Open(context.Background(), st), session.CloseSend(nil)); err != nil {
			t.Fatal(err)
		}
		if got := <-saw; got.text != "bye" || int(got.code) != code {
			t.Errorf("the server saw %q and code %d, want bye and %d", got.text, got.code, code)
		}
		_ = session.Close()
	}
}
