package sse_test

import (
	"fmt"
	"net/http"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// Send returns the error response to a POST.
func TestReferencePostRefused(t *testing.T) {
	address := drivertest.ServeHTTP2(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			http.Error(w, "first line\nno such session", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	d, err := drivers.New("sse-h2", driver.Target{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	st := drivertest.Open(t, drivertest.NewClient(t, d, nil), proto.Call{Pattern: proto.Echo})
	for range 2 {
		err := drivertest.Bounded(t, "Send", func() error { return st.Send([]byte("x")) })
		if want := "the POST of a message was answered with HTTP status 404: no such session"; fmt.Sprint(err) != want {
			t.Fatalf("Send: %v, want %s", err, want)
		}
	}
}
