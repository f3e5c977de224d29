// Package longpoll is the client of long polling: a request that the server holds until it has messages, then
// another one. Messages to the server are POSTs.
package longpoll

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"sync"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
)

// client opens streams. Each has connections of its own, for polls and for POSTs.
type client struct {
	target  driver.Target
	leaving sync.WaitGroup // requests that tell the server that a stream is closed
	cursors sync.Map       // of custom targets, by Endpoint.Share
}

// NewNetHTTP returns a driver that uses net/http.
func NewNetHTTP(t driver.Target) driver.Driver { return &client{target: t} }

// Reference returns the endpoint of a call to a reference server. The first request opens a session, and its
// query carries the call.
func Reference(address string, secure bool, c proto.Call) *driver.Endpoint {
	session := "session=" + rand.Text()
	at := func(query string) *url.URL { return driver.NewURL("http", secure, address, proto.BenchPath, query) }
	return &driver.Endpoint{
		URL: at(session), Header: http.Header{"User-Agent": nil}, Lengths: true, Cursor: driver.Cursor{Query: "after", Header: proto.CursorHeader, First: "0"},
		Hello: []byte(c.Encode()), Post: at(session), PostEnd: at(session + "&end=1"), PostType: "application/octet-stream",
	}
}

// Close implements driver.Driver.
func (d *client) Close() error {
	d.leaving.Wait()
	return nil
}

// cursorOf returns the cursor of the last response to an earlier stream of an endpoint's share; empty if there
// is none.
func (d *client) cursorOf(e *driver.Endpoint) string {
	v, _ := d.cursors.Load(e.Share)
	cursor, _ := v.(string)
	return cursor
}

// note stores the cursor of a stream, unless its session ends with it.
func (d *client) note(e *driver.Endpoint, cursor string) {
	if len(e.Hello) == 0 {
		d.cursors.Store(e.Share, cursor)
	}
}

// Open implements driver.Driver. A custom target has no request that opens a stream: its first poll is sent
// by Recv.
func (d *client) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	base, err := httpwire.NewRequest(ctx, e)
	if err != nil {
		return nil, err
	}
	st := newStream(d, base, e)
	if len(e.Hello) > 0 {
		err = st.enter(ctx)
	}
	if err != nil {
		_ = st.Close()
		return nil, err
	}
	return &driver.Stream{Conn: st, SendWaits: true}, nil
}
