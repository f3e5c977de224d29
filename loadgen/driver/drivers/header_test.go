package drivers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// answerWithHeader answers a WebSocket handshake, a request for events or a gRPC call with a header, and no
// message.
func answerWithHeader(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Session", "a7")
	switch {
	case r.Header.Get("Upgrade") != "":
		up := ws.HTTPUpgrader{Header: w.Header()}
		if nc, _, _, err := up.Upgrade(r, w); err == nil {
			_ = nc.Close()
		}
		return
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc"):
		w.Header().Set("Content-Type", "application/grpc")
	default:
		w.Header().Set("Content-Type", "text/event-stream")
	}
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// Every stack returns the fields of the response that the endpoint keeps.
func TestResponseHeader(t *testing.T) {
	t.Parallel()
	s := drivertest.ServeHTTP(t, answerWithHeader, false)
	for _, stack := range proto.Stacks {
		scheme := map[string]string{"websocket": "ws", "sse": "http", "sse-h2": "http", "grpc": "grpc"}[stack.Protocol]
		if scheme == "" {
			continue
		}
		t.Run(stack.Protocol+"/"+stack.Name, func(t *testing.T) {
			t.Parallel()
			address := strings.TrimPrefix(s.URL, "http://")
			d, err := drivers.New(stack.Protocol, stack.Name, driver.Target{Address: address})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			st, err := d.Open(t.Context(), &driver.Endpoint{
				URL: driver.NewURL(scheme, false, address, "/pkg.Service/Method", ""), Keep: []string{"X-Session", "X-Other"}, ServerStreams: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			if value, ok, err := st.Header("X-Session"); value != "a7" || !ok || err != nil {
				t.Errorf("X-Session is %q, %v, %v", value, ok, err)
			}
			if value, ok, err := st.Header("X-Other"); ok || err != nil {
				t.Errorf("X-Other is %q, %v", value, err)
			}
		})
	}
}
