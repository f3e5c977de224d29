// Package websocket is the client of WebSocket (RFC 6455): one connection per stream.
package websocket

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/gobwas/ws"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// reference sends the call in the query of the handshake.
type reference struct{ target driver.Target }

// New returns a driver for reference servers.
func New(t driver.Target) driver.Driver { return reference{t} }

func (d reference) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	nc, buffered, err := upgrade(ctx, d.target, httpwire.BenchPath, e.Call.Encode())
	if err != nil {
		return nil, err
	}
	return driver.Driven(eventloop.NewConn(nc, &framing.WebSocket{Client: true, Text: e.Call.Text}, buffered)), nil
}

func (d reference) Close() error { return nil }

// upgrade opens a WebSocket. buffered holds bytes that arrived after the response.
func upgrade(ctx context.Context, t driver.Target, path, query string) (nc net.Conn, buffered []byte, err error) {
	nc, err = t.Connect(ctx, "http/1.1")
	if err != nil {
		return nil, nil, err
	}
	err = driver.Handshake(ctx, nc, func() error {
		u := &url.URL{Scheme: "ws", Host: t.Address, Path: path, RawQuery: query}
		var reason []byte
		dialer := ws.Dialer{OnStatusError: func(_ int, _ []byte, resp io.Reader) {
			// http.ReadResponse stops at the end of the body: the server may keep the connection open.
			if r, err := http.ReadResponse(bufio.NewReader(resp), nil); err == nil {
				reason, _ = io.ReadAll(io.LimitReader(r.Body, 4<<10))
			}
		}}
		br, _, err := dialer.Upgrade(nc, u)
		if br != nil { // frames arrived with the response
			buffered, _ = br.Peek(br.Buffered())
		}
		var status ws.StatusError
		if errors.As(err, &status) {
			return fmt.Errorf("%w: HTTP status %d: %s", driver.ErrRefused, int(status), httpwire.LastLine(reason))
		}
		return err
	})
	return nc, buffered, err
}
